#!/usr/bin/env bash
# Creates the two queues of a local SQS and fills the source queue with sample events.
# Run by LocalStack itself (mounted into /etc/localstack/init/ready.d) or by hand:
#
#   AWS_ENDPOINT_URL=http://localhost:4566 deploy/localstack/init-queues.sh
#
#   AWS_ENDPOINT_URL            where SQS is; http://localhost:4566 if unset, so never AWS by accident
#   AWS_REGION                  us-east-1 if unset
#   CAMELEON_QUEUE              login-queue
#   CAMELEON_DEAD_LETTER_QUEUE  login-queue-dlq
#   SEND_SAMPLES                auto (default): only when the source queue is new; always; never
#
# Repeating it is safe: existing queues are kept, their attributes are set again.
set -euo pipefail

endpoint=${AWS_ENDPOINT_URL:-http://localhost:4566}
queue=${CAMELEON_QUEUE:-login-queue}
dead_letter_queue=${CAMELEON_DEAD_LETTER_QUEUE:-login-queue-dlq}
send_samples=${SEND_SAMPLES:-auto}
samples=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/samples.jsonl

case $send_samples in auto | always | never) ;; *)
  echo "SEND_SAMPLES must be auto, always or never, not '$send_samples'" >&2
  exit 2
  ;;
esac

# LocalStack accepts any credentials; set here so that a developer's real ones are not sent to it.
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
unset AWS_SESSION_TOKEN AWS_PROFILE
export AWS_DEFAULT_REGION=${AWS_REGION:-us-east-1} AWS_PAGER=''

sqs() { aws --endpoint-url "$endpoint" --output text sqs "$@"; }

# Sets url to the URL of queue $1 and created to yes or no; the queue is created if it does not exist.
ensure_queue() {
  created=no
  if ! url=$(sqs get-queue-url --queue-name "$1" --query QueueUrl 2>/dev/null); then
    url=$(sqs create-queue --queue-name "$1" --query QueueUrl)
    created=yes
  fi
}

ensure_queue "$dead_letter_queue"
dead_letter_url=$url
ensure_queue "$queue"
queue_url=$url
queue_created=$created

# 14 days, the longest time that SQS keeps a message. A redriven message keeps its original date, so the source queue's
# retention is shorter (7 days): a message that is redriven at the last moment can still be inspected for a week.
sqs set-queue-attributes --queue-url "$dead_letter_url" --attributes MessageRetentionPeriod=1209600
dead_letter_arn=$(sqs get-queue-attributes --queue-url "$dead_letter_url" \
  --attribute-names QueueArn --query Attributes.QueueArn)
sqs set-queue-attributes --queue-url "$queue_url" --attributes '{
  "VisibilityTimeout": "60",
  "MessageRetentionPeriod": "604800",
  "RedrivePolicy": "{\"deadLetterTargetArn\":\"'"$dead_letter_arn"'\",\"maxReceiveCount\":5}"
}'
echo "queues: $queue (new: $queue_created), $dead_letter_queue"

if [[ $send_samples == never || ($send_samples == auto && $queue_created == no) ]]; then
  echo "samples: not sent"
  exit 0
fi

# Up to ten messages per request. A sample is one line of JSON without control characters, so the two
# replacements below make it a JSON string.
sent=0
count=0
entries=''
flush() {
  [[ $count -gt 0 ]] || return 0
  local refused
  refused=$(sqs send-message-batch --queue-url "$queue_url" --entries "[$entries]" \
    --query 'Failed[].Id')
  if [[ -n $refused && $refused != None ]]; then
    echo "samples: refused after $sent sent, entries of the next ten: $refused" >&2
    exit 1
  fi
  sent=$((sent + count))
  count=0
  entries=''
}
while IFS= read -r line || [[ -n $line ]]; do
  [[ -n $line ]] || continue
  body=${line//\\/\\\\}
  body=${body//\"/\\\"}
  entries+="${entries:+,}{\"Id\":\"$count\",\"MessageBody\":\"$body\"}"
  count=$((count + 1))
  [[ $count -lt 10 ]] || flush
done <"$samples"
flush
echo "samples: $sent sent to $queue"
