#!/usr/bin/env bash
# deploy/aws/queues.yaml on LocalStack: deploys the stack, checks what it made, loads the samples with the jar, and follows
# one dead letter to the alarm, to SNS and to a subscriber. Deletes the stack at the end. Prints PASS or FAIL, exits 0 or 1
# (2: cannot begin).
#
#   mvn -q package -DskipTests
#   createdb cameleon_try
#   CAMELEON_DB_URL=jdbc:postgresql://localhost:5432/cameleon_try deploy/try/aws.sh
#
# Needs Java 17, Python 3.13 or newer, curl, psql, and an EMPTY database, as deploy/localstack/try.sh does: the mask keys are
# new in each run. It starts a LocalStack of its own and never calls AWS. It took 6 to 11 minutes on two busy cores.
#
#   CAMELEON_DB_URL              required
#   CAMELEON_DB_USER/_PASSWORD   as for the application
#   CAMELEON_JAR                 target/cameleon.jar
#   LOCALSTACK_VENV              a folder for LocalStack and the AWS CLI, kept for the next run
#   KEEP=1                       keep the temporary folder
#
# What this does not show, because LocalStack 4.14.0 accepts it and does nothing with it: IAM (any call is allowed, so the
# policies are only read), the queues' and the topic's TLS-only policies, encryption of messages by KMS, retention and
# encryption of the log. The alarms have "1 of 5 minutes", of which LocalStack ignores the 1. SQS's metric
# ApproximateAgeOfOldestMessage is not published there. service.yaml and database.yaml are not deployed: ECS, RDS, CloudTrail
# and scaling are accepted there without being run. They are checked by cfn-lint, cfn-guard and checkov only.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
jar=${CAMELEON_JAR:-target/cameleon.jar}
unset CAMELEON_JAR # not a variable of the application, which refuses those it does not know
good=99            # of the 100 samples; one is no login and must become a dead letter
stack=cameleon-login-queues

say() { printf '%s\n' "$*" >&2; }
die() { say "aws.sh: $*"; exit 2; }
fail() { say "$*"; echo FAIL; exit 1; }
[[ -n ${CAMELEON_DB_URL:-} ]] ||
  die "CAMELEON_DB_URL is not set; it must name an empty database, e.g. jdbc:postgresql://localhost:5432/cameleon_try"
[[ -f $jar ]] || die "there is no $jar; build it with: mvn -q package -DskipTests"
for tool in java curl psql; do
  command -v "$tool" >/dev/null || die "$tool is not on the PATH"
done
psql_url=${CAMELEON_DB_URL#jdbc:}
psql_url=${psql_url%%\?*} # JDBC's parameters are not libpq's
query() {
  PGUSER=${CAMELEON_DB_USER:-postgres} PGPASSWORD=${CAMELEON_DB_PASSWORD:-postgres} PGCONNECT_TIMEOUT=10 \
    psql -XAtq -v ON_ERROR_STOP=1 -d "$psql_url" -c "$1" </dev/null
}
used=$(query "select to_regnamespace('cameleon') is not null or to_regclass('user_logins') is not null") ||
  die "the database does not answer (see above)"
[[ $used == f ]] || die "the database is not empty; create another one, or drop the schema cameleon and user_logins"

work=$(mktemp -d)
# shellcheck source=deploy/localstack/start.sh
. deploy/localstack/start.sh
# shellcheck disable=SC2329  # called by the trap
clean_up() {
  localstack_stop
  if [[ ${KEEP:-} == 1 ]]; then say "kept: $work"; else rm -rf "$work"; fi
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

code=0
localstack_start "$work" deploy/try/localstack.txt \
  sqs,cloudformation,kms,secretsmanager,sns,logs,cloudwatch,iam,sts || code=$?
[[ $code -eq 0 ]] || exit "$code"
unset AWS_PROFILE AWS_SESSION_TOKEN # nothing of a developer's real account is used
export AWS_ENDPOINT_URL=$endpoint AWS_ENDPOINT_URL_SECRETS_MANAGER=$endpoint AWS_PAGER='' AWS_DEFAULT_OUTPUT=text
# Named in each call: for SQS, version 1 of the CLI ignores AWS_ENDPOINT_URL.
aws() { command aws --endpoint-url "$endpoint" "$@"; }
export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test

failures=0
expect() { # what, expected, found
  if [[ $2 == "$3" ]]; then say "  ok    $1: $3"; else say "  WRONG $1: $3, expected $2"; failures=$((failures + 1)); fi
}
expect_in() { # what, part, text
  if [[ $3 == *"$2"* ]]; then say "  ok    $1: $2"; else say "  WRONG $1: no $2 in: $3"; failures=$((failures + 1)); fi
}

# --- the stack -----------------------------------------------------------------------------------
say "deploying $stack …"
if ! aws cloudformation deploy --stack-name "$stack" --template-file deploy/aws/queues.yaml \
  --capabilities CAPABILITY_IAM --parameter-overrides Pipeline=login >&2; then
  aws cloudformation describe-stack-events --stack-name "$stack" \
    --query 'StackEvents[].[LogicalResourceId,ResourceStatus,ResourceStatusReason]' | grep FAILED >&2 || true
  fail 'the stack was not created'
fi
output() { aws cloudformation describe-stacks --stack-name "$stack" --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue"; }
queue_url=$(output QueueUrl)
dlq_url=$(output DeadLetterQueueUrl)
topic=$(output TopicArn)
keyset_arn=$(output MaskKeysetArn)
attribute() { aws sqs get-queue-attributes --queue-url "$1" --attribute-names "$2" --query "Attributes.$2"; }

expect 'retention of the dead-letter queue' 1209600 "$(attribute "$dlq_url" MessageRetentionPeriod)"
expect 'retention of the source queue' 604800 "$(attribute "$queue_url" MessageRetentionPeriod)"
expect 'visibility timeout' 60 "$(attribute "$queue_url" VisibilityTimeout)"
expect_in 'redrive' '"maxReceiveCount":5' "$(attribute "$queue_url" RedrivePolicy | tr -d ' ' | sed 's/"5"/5/')"
expect_in 'redrive' "$(output DeadLetterQueueArn)" "$(attribute "$queue_url" RedrivePolicy)"
expect_in 'who may redrive' "$(output QueueArn)" "$(attribute "$dlq_url" RedriveAllowPolicy)"
for url in "$queue_url" "$dlq_url"; do
  expect "key of ${url##*/}" "$(output DataKeyArn)" "$(attribute "$url" KmsMasterKeyId)"
  expect_in "policy of ${url##*/}" aws:SecureTransport "$(attribute "$url" Policy)"
done
expect 'key rotation' True "$(aws kms get-key-rotation-status --key-id "$(output DataKeyArn)" --query KeyRotationEnabled)"
expect 'log group' /cameleon/login "$(aws logs describe-log-groups --log-group-name-prefix /cameleon/ --query 'logGroups[].logGroupName')"
expect_in 'policy of the topic' cloudwatch.amazonaws.com "$(aws sns get-topic-attributes --topic-arn "$topic" --query Attributes.Policy)"
expect 'alarms' 4 "$(aws cloudwatch describe-alarms --alarm-name-prefix cameleon-login- --query 'length(MetricAlarms)')"
expect 'value of the keyset in the stack' none \
  "$(aws secretsmanager get-secret-value --secret-id "$keyset_arn" --query SecretString 2>/dev/null || echo none)"
expect 'loader: actions on queues' \
  'sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:GetQueueUrl sqs:ReceiveMessage sqs:SendMessage' \
  "$(role=$(output LoaderRoleName)
    policy=$(aws iam list-attached-role-policies --role-name "$role" --query 'AttachedPolicies[0].PolicyArn')
    aws iam get-policy-version --policy-arn "$policy" --version-id v1 --query 'PolicyVersion.Document' --output json |
      grep -o 'sqs:[A-Z][A-Za-z]*' | sort -u | paste -sd' ')"

# --- the other choices: Kubernetes, IAM logins, a recipient's key ---------------------------------------
say 'deploying cameleon-orders-queues …'
aws cloudformation deploy --stack-name cameleon-orders-queues --template-file deploy/aws/queues.yaml --capabilities CAPABILITY_IAM \
  --parameter-overrides Pipeline=orders OidcProvider=oidc.eks.us-east-1.amazonaws.com/id/0123 DatabaseResourceId=cluster-ABC \
  RecipientKeyArn=arn:aws:kms:us-east-1:000000000000:key/0123 >&2 || fail 'the second stack was not created'
role=$(aws cloudformation describe-stack-resource --stack-name cameleon-orders-queues --logical-resource-id LoaderRole \
  --query StackResourceDetail.PhysicalResourceId)
# LocalStack answers with the text, AWS with what is in it.
expect_in 'trust of a service account' 'id/0123:sub": "system:serviceaccount:cameleon:cameleon"' \
  "$(aws iam get-role --role-name "$role" --output json --query Role.AssumeRolePolicyDocument | sed 's,\\,,g')"
expect 'secrets with IAM logins' cameleon/orders/mask-keyset \
  "$(aws secretsmanager list-secrets --query "SecretList[?starts_with(Name, 'cameleon/orders/')].Name")"

# --- load ----------------------------------------------------------------------------------------
java -jar "$jar" keys create --out "$work/mask.json" >/dev/null
aws secretsmanager put-secret-value --secret-id "$keyset_arn" --secret-string "file://$work/mask.json" >/dev/null
export CAMELEON_KEYSET_JSON="{{aws:$keyset_arn}}" CAMELEON_HTTP_PORT=0
CAMELEON_QUEUE=$(output QueueName)
CAMELEON_DEAD_LETTER_QUEUE=$(output DeadLetterQueueName)
export CAMELEON_QUEUE CAMELEON_DEAD_LETTER_QUEUE

aws sqs create-queue --queue-name on-call >/dev/null
subscriber=$(aws sqs get-queue-url --queue-name on-call --query QueueUrl)
aws sns subscribe --topic-arn "$topic" --protocol sqs --notification-endpoint "$(attribute "$subscriber" QueueArn)" >/dev/null

SEND_SAMPLES=always deploy/localstack/init-queues.sh >&2
code=0
# Without a folder for temporary files: on Fargate, /tmp belongs to root (service.yaml).
java -Djava.io.tmpdir=/nonexistent -jar "$jar" run --until-empty --timeout 3m >"$work/cameleon.log" 2>&1 || code=$?
[[ $code -eq 0 ]] || tail -n 30 "$work/cameleon.log" >&2
expect 'exit code' 0 "$code"
expect 'rows in user_logins' "$good" "$(query 'select count(*) from user_logins')"
expect 'messages in the dead-letter queue' 1 "$(attribute "$dlq_url" ApproximateNumberOfMessages)"
expect 'messages in the source queue' 0 "$(attribute "$queue_url" ApproximateNumberOfMessages)"

# --- the alarm's way to a subscriber -------------------------------------------------------------
say 'waiting for the alarm, up to 4 minutes …'
state=''
received=''
for ((i = 0; i < 48; i++)); do
  received+=$(aws sqs receive-message --queue-url "$subscriber" --wait-time-seconds 5 --max-number-of-messages 10 --query 'Messages[].Body')
  state=$(aws cloudwatch describe-alarms --alarm-names cameleon-login-dead-letters --query 'MetricAlarms[0].StateValue')
  [[ $received != *cameleon-login-dead-letters* || $state != ALARM ]] || break
done
expect 'state of the alarm' ALARM "$state"
expect_in 'what the subscriber got' cameleon-login-dead-letters "$received"
expect_in 'what the subscriber got' ALARM "$received"

# --- delete --------------------------------------------------------------------------------------
aws cloudformation delete-stack --stack-name "$stack"
aws cloudformation wait stack-delete-complete --stack-name "$stack" || fail 'the stack was not deleted'
expect 'alarms after the delete' 0 "$(aws cloudwatch describe-alarms --alarm-name-prefix cameleon-login- --query 'length(MetricAlarms)')"
expect 'the dead letter after the delete' 1 "$(attribute "$dlq_url" ApproximateNumberOfMessages)"
expect_in 'the keyset after the delete' primaryKeyId \
  "$(aws secretsmanager get-secret-value --secret-id "$keyset_arn" --query SecretString)"

if [[ $failures -eq 0 ]]; then echo PASS; else echo FAIL; exit 1; fi
