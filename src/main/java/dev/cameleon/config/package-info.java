/** The configuration: application.properties, the environment and the secrets they refer to. */
package dev.cameleon.config;
