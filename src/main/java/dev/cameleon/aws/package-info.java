/** The clients of the AWS SDK, with their time-outs and retries. */
package dev.cameleon.aws;
