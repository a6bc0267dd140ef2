/**
 * Hides how {@code mvn -q -Pdemo} shows the main job: it starts local servers, sends samples, runs
 * the real application as an operator would, and counts what came out.
 */
package dev.cameleon.demo;
