/**
 * {@code mvn -q -Pdemo} shows the main job: it starts local servers, sends samples, runs the real application as an operator would, and counts the results.
 */
package dev.cameleon.demo;
