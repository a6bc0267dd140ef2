/** The running application: start and stop, the beans that routes may use, and periodic checks. */
package dev.cameleon.app;
