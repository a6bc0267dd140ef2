#!/usr/bin/env bash
# Tests the templates of deploy/aws on LocalStack and moto: deploys them as docs/AWS.md does, checks their resources, migrates
# and loads
# the samples with the environments of the two ECS tasks, and follows one dead letter to the alarm, to SNS and to a subscriber.
# Deletes a pipeline's stacks at the end. Prints PASS or FAIL, exits 0 or 1 (2: cannot begin).
#
#   mvn -q package -DskipTests
#   createdb cameleon_try
#   CAMELEON_DB_URL=jdbc:postgresql://localhost:5432/cameleon_try deploy/try/aws.sh
#
# Needs Java 17, Python 3.13 or newer, curl, psql, and an EMPTY database, as deploy/localstack/try.sh does: the mask keys are
# new in each run. It starts a LocalStack and a moto of its own and never calls AWS. It leaves two logins in the database server,
# cameleon_try_owner and cameleon_try_loader. With LocalStack installed it took 6 minutes on two busy cores, most of them for the alarm.
#
#   CAMELEON_DB_URL              required
#   CAMELEON_DB_USER/_PASSWORD   as for the application; a login that may create logins
#   CAMELEON_JAR                 target/cameleon.jar
#   LOCALSTACK_VENV              a folder for LocalStack, moto and the AWS CLI, kept for the next run
#   KEEP=1                       keep the temporary folder
#
# LocalStack 4.14.0 deploys the stacks. It does not support ECS, RDS, CloudTrail and Application Auto Scaling, and creates
# security groups without their rules: localstack-moto.py creates these in moto, through the API of each service. So one of the
# two creates every type of resource in the templates; an unsupported type fails the script.
#
# Not exercised: nothing runs in moto (no task, no database, no scaling, no delivery of a trail), and it knows few of the rules
# about which values go together. Any call is allowed, so policies are only parsed, including those that require TLS. LocalStack
# ignores encryption and lifecycle of the bucket, encryption and retention of log groups, encryption of messages, and the 1 of
# "1 of 5 minutes" in an alarm; it does not evaluate the alarm for the first task, and does not publish SQS's metric
# ApproximateAgeOfOldestMessage. moto ignores Performance Insights, enhanced monitoring and the service's deployment settings, and
# does not receive the key of the admin's secret.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
jar=${CAMELEON_JAR:-target/cameleon.jar}
unset CAMELEON_JAR # not a variable of the application, which refuses those it does not know
good=99            # of the 100 samples; one is not a login and must become a dead letter

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
    PGOPTIONS='-c client_min_messages=warning' psql -XAtq -v ON_ERROR_STOP=1 -d "$psql_url" -c "$1" </dev/null
}
used=$(query "select to_regnamespace('cameleon') is not null or to_regclass('user_logins') is not null") ||
  die "the database does not answer (see above)"
[[ $used == f ]] || die "the database is not empty; create another one, or drop the schema cameleon and user_logins"

work=$(mktemp -d)
moto_pid=''
# shellcheck source=deploy/localstack/start.sh
. deploy/localstack/start.sh
# shellcheck source=deploy/try/asserts.sh
. deploy/try/asserts.sh
# shellcheck disable=SC2329  # called by the trap
clean_up() {
  localstack_stop
  [[ -z $moto_pid ]] || kill "$moto_pid" 2>/dev/null || true
  if [[ ${KEEP:-} == 1 ]]; then say "kept: $work"; else rm -rf "$work"; fi
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

localstack_install "$work" deploy/try/localstack.txt || exit
MOTO=http://127.0.0.1:$(free_port) # localstack-moto.py reads it
export MOTO LOCALSTACK_MAIN=deploy/try/localstack-moto.py
MOTO_ACCOUNT_ID=000000000000 moto_server -H 127.0.0.1 -p "${MOTO##*:}" >"$work/moto.log" 2>&1 &
moto_pid=$!
code=0
localstack_start "$work" deploy/try/localstack.txt \
  sqs,cloudformation,kms,secretsmanager,sns,logs,cloudwatch,iam,sts,s3 || code=$?
[[ $code -eq 0 ]] || exit "$code"
await 'the start of moto' 30 curl -fs "$MOTO/moto-api/data.json"
unset AWS_PROFILE AWS_SESSION_TOKEN # nothing of a developer's real account is used
export AWS_ENDPOINT_URL=$endpoint AWS_ENDPOINT_URL_SECRETS_MANAGER=$endpoint AWS_PAGER='' AWS_DEFAULT_OUTPUT=text
# Named in each call, because version 1 of the CLI ignores AWS_ENDPOINT_URL for SQS.
aws() { command aws --endpoint-url "$endpoint" "$@"; }
moto() { command aws --endpoint-url "$MOTO" "$@"; }
export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test

# --- the stacks ------------------------------------------------------------------------------------
declare -A of # STACK.RESOURCE and STACK.OUTPUT
types=()
deploy() { # stack, template, parameters
  local name=$1 stack=cameleon-$1 template=deploy/aws/$2.yaml parameter parameters=() status key value type
  shift 2
  for parameter; do parameters+=("ParameterKey=${parameter%%=*},ParameterValue='${parameter#*=}'"); done
  aws cloudformation create-stack --stack-name "$stack" --template-body "file://$template" --capabilities CAPABILITY_IAM \
    --parameters "${parameters[@]}" >/dev/null || fail "$stack was refused"
  # "deploy" polls only every 30 seconds.
  while status=$(aws cloudformation describe-stacks --stack-name "$stack" --query 'Stacks[0].StackStatus') && [[ $status == *IN_PROGRESS ]]; do
    sleep 0.5
  done
  expect "$stack" CREATE_COMPLETE "$status"
  if [[ $status != CREATE_COMPLETE ]]; then
    aws cloudformation describe-stacks --stack-name "$stack" --query 'Stacks[].StackStatusReason' >&2
    aws cloudformation describe-stack-events --stack-name "$stack" \
      --query "StackEvents[?ResourceStatus=='CREATE_FAILED'].[LogicalResourceId,ResourceStatusReason]" >&2
    fail 'a stack was not created'
  fi
  # Every resource's id, then every output.
  while IFS=$'\t' read -r key value type; do
    of[$name.$key]=$value
    [[ -z $type ]] || types+=("$type")
    [[ $value != unknown && $value != None ]] || wrong "$name.$key has no value"
  done < <(
    aws cloudformation describe-stack-resources --stack-name "$stack" --query 'StackResources[].[LogicalResourceId,PhysicalResourceId,ResourceType]'
    aws cloudformation describe-stacks --stack-name "$stack" --query 'Stacks[].Outputs[].[OutputKey,OutputValue]'
  )
}
delete() { # stack
  local i
  aws cloudformation delete-stack --stack-name "cameleon-$1"
  for ((i = 0; i < 120; i++)); do
    aws cloudformation describe-stacks --stack-name "cameleon-$1" >/dev/null 2>&1 || return 0
    sleep 0.5
  done
  fail "cameleon-$1 was not deleted"
}
made() { # what, expected, command: all that it prints, on one line
  local found
  found=$("${@:3}" | tr -s '\t\n' ' ')
  expect "$1" "$2" "${found% }"
}

vpc=$(moto ec2 describe-vpcs --query 'Vpcs[0].VpcId')
subnets=$(moto ec2 describe-subnets --query 'Subnets[:2].SubnetId' | tr '\t' ,)
image=000000000000.dkr.ecr.us-east-1.amazonaws.com/login@sha256:$(printf '%064d' 7)
deploy database database VpcId="$vpc" Subnets="$subnets"
deploy login-queues queues Pipeline=login OwnerLogin=cameleon_try_owner LoaderLogin=cameleon_try_loader
# The other choices: Kubernetes, logins with tokens, a recipient's key, an address for alarms; tasks from zero.
deploy orders-queues queues Pipeline=orders AlarmEmail=on-call@example.org \
  OidcProvider=oidc.eks.us-east-1.amazonaws.com/id/0123 DatabaseResourceId="${of[database.ResourceId]}" \
  RecipientKeyArn=arn:aws:kms:us-east-1:000000000000:key/0123
queue=${of[login-queues.QueueArn]}
dlq=${of[login-queues.DeadLetterQueueArn]}
sessions=arn:aws:sts::000000000000:assumed-role/${of[login-queues.LoaderRoleName]}/
deploy trail trail QueueArns="$queue,$dlq" LoaderSessions="$sessions"
url=${of[database.Url]}
clients=${of[database.ClientSecurityGroup]}
deploy login-migrate migrate Pipeline=login Image="$image" VpcId="$vpc" DatabaseUrl="$url" Login=password OwnerLogin=cameleon_try_owner
deploy login-service service Pipeline=login Image="$image" Subnets="$subnets" DatabaseUrl="$url" DatabaseClients="$clients" \
  Login=password LoaderLogin=cameleon_try_loader
deploy orders-migrate migrate Pipeline=orders Image="$image" VpcId="$vpc" DatabaseUrl="$url"
deploy orders-service service Pipeline=orders Image="$image" Subnets="$subnets" DatabaseUrl="$url" DatabaseClients="$clients" MinTasks=0
made 'types' "$(sed -n 's/^    Type: \(AWS::.*\)$/\1/p' deploy/aws/*.yaml | grep -v '::Id$' | sort -u | paste -sd' ')" \
  sort -u <(printf '%s\n' "${types[@]}")

# --- queues, before anything changes them ----------------------------------------------------------
queue_url=${of[login-queues.QueueUrl]}
dlq_url=${of[login-queues.DeadLetterQueueUrl]}
data_key=${of[login-queues.DataKeyArn]}
topic=${of[login-queues.TopicArn]}
keyset_arn=${of[login-queues.MaskKeysetArn]}
attribute() { aws sqs get-queue-attributes --queue-url "$1" --attribute-names "$2" --query "Attributes.$2"; }

expect 'retention of the dead-letter queue' 1209600 "$(attribute "$dlq_url" MessageRetentionPeriod)"
expect 'retention of the source queue' 604800 "$(attribute "$queue_url" MessageRetentionPeriod)"
expect 'visibility timeout' 60 "$(attribute "$queue_url" VisibilityTimeout)"
expect_in 'redrive' '"maxReceiveCount":5' "$(attribute "$queue_url" RedrivePolicy | tr -d ' ' | sed 's/"5"/5/')"
expect_in 'redrive' "$dlq" "$(attribute "$queue_url" RedrivePolicy)"
expect_in 'who may redrive' "$queue" "$(attribute "$dlq_url" RedriveAllowPolicy)"
for queue_of in "$queue_url" "$dlq_url"; do
  expect "key of ${queue_of##*/}" "$data_key" "$(attribute "$queue_of" KmsMasterKeyId)"
  expect_in "policy of ${queue_of##*/}" aws:SecureTransport "$(attribute "$queue_of" Policy)"
done
expect 'key rotation' True "$(aws kms get-key-rotation-status --key-id "$data_key" --query KeyRotationEnabled)"
expect_in 'policy of the topic' cloudwatch.amazonaws.com "$(aws sns get-topic-attributes --topic-arn "$topic" --query Attributes.Policy)"
expect 'alarms' 4 "$(aws cloudwatch describe-alarms --alarm-name-prefix cameleon-login- --query 'length(MetricAlarms)')"
expect 'value of the keyset in the stack' none \
  "$(aws secretsmanager get-secret-value --secret-id "$keyset_arn" --query SecretString 2>/dev/null || echo none)"

# --- the two tasks, with the environments that ECS would give them ----------------------------------
secret() { aws secretsmanager get-secret-value --secret-id "$1" --query SecretString; }
login() { # name, options, secret with the password
  query "DO \$\$ BEGIN IF to_regrole('$1') IS NULL THEN CREATE ROLE $1; END IF; END \$\$;
    ALTER ROLE $1 LOGIN $2 PASSWORD '$(secret "$3" | sed 's/.*"password": *"\([^"]*\)".*/\1/')'"
}
task() { moto ecs describe-task-definition --task-definition "$1" --query "taskDefinition.$2"; } # task definition, path
run_task() { # task definition, URL of the database, command
  local task=$1 url=$2 environment code=0
  shift 2
  mapfile -t environment < <(task "$task" "containerDefinitions[0].environment[].join('=', [name, value])" | tr '\t' '\n')
  # Without a writable folder for temporary files, because on Fargate /tmp belongs to root (service.yaml).
  env -i PATH="$PATH" HOME="$work" "${environment[@]}" CAMELEON_DB_URL="$url" CAMELEON_HTTP_PORT=0 \
    AWS_ENDPOINT_URL="$endpoint" AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test \
    java -Djava.io.tmpdir=/nonexistent -jar "$jar" "$@" >"$work/$task.log" 2>&1 || code=$?
  echo "$code"
}
login cameleon_try_owner CREATEROLE "${of[login-queues.OwnerPasswordArn]}"
login cameleon_try_loader '' "${of[login-queues.LoaderPasswordArn]}"
query "GRANT CREATE ON DATABASE \"${psql_url##*/}\" TO cameleon_try_owner; GRANT CREATE ON SCHEMA public TO cameleon_try_owner"
java -jar "$jar" keys create --out "$work/mask.json" >/dev/null
for keyset in "$keyset_arn" "${of[orders-queues.MaskKeysetArn]}"; do
  aws secretsmanager put-secret-value --secret-id "$keyset" --secret-string "file://$work/mask.json" >/dev/null
done
expect 'migrate: exit code' 0 "$(run_task cameleon-login-migrate "$CAMELEON_DB_URL" migrate)"
expect 'owner of user_logins' cameleon_try_owner "$(query "select tableowner from pg_tables where tablename = 'user_logins'")"
query 'GRANT cameleon_loader TO cameleon_try_loader'

aws sqs create-queue --queue-name on-call >/dev/null
subscriber=$(aws sqs get-queue-url --queue-name on-call --query QueueUrl)
aws sns subscribe --topic-arn "$topic" --protocol sqs --notification-endpoint "$(attribute "$subscriber" QueueArn)" >/dev/null

SEND_SAMPLES=always deploy/localstack/init-queues.sh >&2
expect 'run: exit code' 0 "$(run_task cameleon-login "$CAMELEON_DB_URL" run --until-empty --timeout 3m)"
[[ $failures -eq 0 ]] || tail -n 30 "$work"/cameleon-*.log >&2
expect 'rows in user_logins' "$good" "$(query 'select count(*) from user_logins')"
expect 'messages in the dead-letter queue' 1 "$(attribute "$dlq_url" ApproximateNumberOfMessages)"
expect 'messages in the source queue' 0 "$(attribute "$queue_url" ApproximateNumberOfMessages)"
# With RDS tokens, which no database here accepts: that must be the only finding of check.
expect 'check with tokens: exit code' 1 \
  "$(run_task cameleon-orders 'jdbc:postgresql://localhost:1/cameleon?sslmode=verify-full&sslrootcert=/etc/cameleon/rds.pem' check)"
made 'what failed' 'database the database cannot be reached (SQLSTATE 08001)' sed -n 's/^FAILED *//p' "$work/cameleon-orders.log"

# --- what else queues.yaml made, while the alarm takes its time --------------------------------------
policy() { # of a managed policy, what of each statement
  aws iam get-policy-version --policy-arn "$1" --version-id v1 --query "PolicyVersion.Document.Statement[].$2"
}
loader_policy=${of[login-queues.LoaderPolicy]}
made 'policy of the loader' "Receive $queue SendDeadLetters $dlq Messages $data_key MaskKeys $keyset_arn \
DatabasePassword ${of[login-queues.LoaderPasswordArn]} Secrets $data_key" policy "$loader_policy" '[Sid,Resource]'
made 'policy of migrate' "DatabasePassword ${of[login-queues.OwnerPasswordArn]} Secrets $data_key" \
  policy "${of[login-queues.MigratePolicy]}" '[Sid,Resource]'
made 'policy of senders' "Send $queue Encrypt $data_key" policy "${of[login-queues.SenderPolicyArn]}" '[Sid,Resource]'
made 'policy of readers' "ReadDeadLetters $dlq FindSource $queue Messages $data_key" policy "${of[login-queues.ReaderPolicyArn]}" '[Sid,Resource]'
made 'policy of operators' "MoveDeadLetters $dlq SendAgain $queue Messages $data_key" policy "${of[login-queues.OperatorPolicyArn]}" '[Sid,Resource]'
made 'loader: source queue' 'sqs:GetQueueUrl sqs:GetQueueAttributes sqs:ReceiveMessage sqs:DeleteMessage sqs:ChangeMessageVisibility' \
  policy "$loader_policy" 'Action | [0]'
made 'loader: dead-letter queue' 'sqs:GetQueueUrl sqs:GetQueueAttributes sqs:SendMessage' policy "$loader_policy" 'Action | [1]'
for role in Loader Migrate Reader Operator; do
  made "policy of ${role}Role" "${of[login-queues.${role}Policy]}" aws iam list-attached-role-policies \
    --role-name "${of[login-queues.${role}Role]}" --query 'AttachedPolicies[].PolicyArn'
done
# LocalStack answers with the text, AWS with the parsed text.
expect_in 'trust of a service account' 'id/0123:sub": "system:serviceaccount:cameleon:cameleon"' \
  "$(aws iam get-role --role-name "${of[orders-queues.LoaderRole]}" --output json --query Role.AssumeRolePolicyDocument | sed 's,\\,,g')"
expect 'secrets with IAM logins' cameleon/orders/mask-keyset \
  "$(aws secretsmanager list-secrets --query "SecretList[?starts_with(Name, 'cameleon/orders/')].Name")"
expect_in 'tokens' "arn:aws:rds-db:us-east-1:000000000000:dbuser:${of[database.ResourceId]}/app_loader" \
  "$(policy "${of[orders-queues.LoaderPolicy]}" Resource)"
made 'log groups of all stacks' '/aws/rds/cluster/cameleon-database/postgresql /cameleon/login /cameleon/orders /cameleon/trail/cameleon-trail' \
  aws logs describe-log-groups --query 'sort(logGroups[].logGroupName)'

# --- database.yaml ---------------------------------------------------------------------------------
database_group=${of[database.DatabaseSecurityGroup]}
key_arn() { aws kms describe-key --key-id "$1" --query KeyMetadata.Arn; }
made 'cluster: engine, parameters, subnets' \
  'aurora-postgresql 17.7 cameleon cluster_admin cameleon-database-clusterparameters cameleon-database-subnetgroup' \
  moto rds describe-db-clusters --query 'DBClusters[].[Engine,EngineVersion,DatabaseName,MasterUsername,DBClusterParameterGroup,DBSubnetGroup]'
made 'cluster: capacity, backups, deletion protection, tokens' '0.5 16.0 35 True True' moto rds describe-db-clusters --query "DBClusters[].\
[ServerlessV2ScalingConfiguration.MinCapacity,ServerlessV2ScalingConfiguration.MaxCapacity,BackupRetentionPeriod,DeletionProtection,\
IAMDatabaseAuthenticationEnabled]"
made 'cluster: encryption, security group, log' "True $(key_arn "${of[database.DatabaseKey]}") $database_group postgresql" \
  moto rds describe-db-clusters \
  --query 'DBClusters[].[StorageEncrypted,KmsKeyId,VpcSecurityGroups[0].VpcSecurityGroupId,EnabledCloudwatchLogsExports[0]]'
made 'instances' 'cameleon-database-writer db.serverless False True 0 cameleon-database-reader db.serverless False True 1' \
  moto rds describe-db-instances --query 'DBInstances[].[DBInstanceIdentifier,DBInstanceClass,PubliclyAccessible,StorageEncrypted,PromotionTier]'
made 'parameters' "idle_in_transaction_session_timeout=600000 log_connections=1 log_disconnections=1 log_error_verbosity=terse \
log_lock_waits=1 log_min_error_statement=panic log_parameter_max_length=0 log_parameter_max_length_on_error=0 log_statement=ddl rds.force_ssl=1" \
  moto rds describe-db-cluster-parameters --db-cluster-parameter-group-name cameleon-database-clusterparameters \
  --query "Parameters[].join('=', [ParameterName,ParameterValue])"
made 'subnets' "${subnets//,/ }" moto rds describe-db-subnet-groups --query 'DBSubnetGroups[].Subnets[].SubnetIdentifier'
made 'readers' 'cluster:cameleon-database 1 4' moto application-autoscaling describe-scalable-targets --service-namespace rds \
  --query 'ScalableTargets[].[ResourceId,MinCapacity,MaxCapacity]'
made 'readers by load' 'RDSReaderAverageCPUUtilization 60.0' moto application-autoscaling describe-scaling-policies --service-namespace rds \
  --query 'ScalingPolicies[].TargetTrackingScalingPolicyConfiguration.[PredefinedMetricSpecification.PredefinedMetricType,TargetValue]'
rules() { # IpPermissions (in) or IpPermissionsEgress, security group: protocol, port, other group, network
  moto ec2 describe-security-groups --group-ids "$2" \
    --query "SecurityGroups[].$1[].[IpProtocol,ToPort,UserIdGroupPairs[0].GroupId,IpRanges[0].CidrIp]"
}
made 'to the database' "tcp 5432 $clients None" rules IpPermissions "$database_group"
made 'from the database' 'icmp -1 None 127.0.0.1/32' rules IpPermissionsEgress "$database_group"
made 'to its clients' '' rules IpPermissions "$clients"
made 'from its clients' "icmp -1 None 127.0.0.1/32 tcp 5432 $database_group None" rules IpPermissionsEgress "$clients"

# --- trail.yaml ------------------------------------------------------------------------------------
bucket=${of[trail.BucketName]}
trail_key=${of[trail.TrailKey]}
trail_arn=arn:aws:cloudtrail:us-east-1:000000000000:trail/cameleon-trail
trail_log="arn:aws:logs:us-east-1:000000000000:log-group:/cameleon/trail/cameleon-trail:*"
trail_role=${of[trail.TrailLogRole]}
made 'trail' "$bucket $(key_arn "$trail_key") True True True $trail_log arn:aws:iam::000000000000:role/$trail_role" \
  moto cloudtrail describe-trails --query "trailList[].[S3BucketName,KmsKeyId,IsMultiRegionTrail,IncludeGlobalServiceEvents,\
LogFileValidationEnabled,CloudWatchLogsLogGroupArn,CloudWatchLogsRoleArn]"
made 'it records' True moto cloudtrail get-trail-status --name cameleon-trail --query IsLogging
made 'what it records' "eventCategory Management eventCategory Data resources.type AWS::SQS::Queue resources.ARN $queue $dlq userIdentity.arn $sessions" \
  moto cloudtrail get-event-selectors --trail-name cameleon-trail \
  --query 'AdvancedEventSelectors[].FieldSelectors[].[[Field], Equals || NotStartsWith][][]'
bucket_statements() { # what the policy says, and under which condition
  aws s3api get-bucket-policy --bucket "$bucket" --query Policy | python -c '
import json, sys
for statement in json.load(sys.stdin)["Statement"]:
    conditions = {name: value for test in statement["Condition"].values() for name, value in test.items()}
    print(statement["Effect"], statement["Action"], *(f"{name}={conditions[name]}" for name in sorted(conditions)))'
}
made 'policy of the bucket' "Deny s3:* aws:SecureTransport=false Allow s3:GetBucketAcl aws:SourceArn=$trail_arn \
Allow s3:PutObject aws:SourceArn=$trail_arn s3:x-amz-acl=bucket-owner-full-control" bucket_statements
made 'lock of the bucket' 'Enabled GOVERNANCE 365' aws s3api get-object-lock-configuration --bucket "$bucket" \
  --query 'ObjectLockConfiguration.[ObjectLockEnabled,Rule.DefaultRetention.Mode,Rule.DefaultRetention.Days]'
made 'its versions' Enabled aws s3api get-bucket-versioning --bucket "$bucket" --query Status
made 'nothing public' 'True True True True' aws s3api get-public-access-block --bucket "$bucket" \
  --query 'PublicAccessBlockConfiguration.[BlockPublicAcls,IgnorePublicAcls,BlockPublicPolicy,RestrictPublicBuckets]'
key_policy=$(aws kms get-key-policy --key-id "$trail_key" --policy-name default --query Policy)
expect_in 'policy of its key' "{\"aws:SourceArn\": \"$trail_arn\"}" "$key_policy"
expect_in 'policy of its key' "${trail_log%:*}" "$key_policy"
made 'who writes its log' "logs:CreateLogStream logs:PutLogEvents $trail_log" aws iam get-role-policy --role-name "$trail_role" \
  --policy-name write --query 'PolicyDocument.Statement[].[Action,[Resource]][][]'

# --- migrate.yaml and service.yaml -----------------------------------------------------------------
cluster=${of[login-migrate.ClusterName]}
service=${of[login-service.ServiceName]}
orders=service/${of[orders-migrate.ClusterName]}/${of[orders-service.ServiceName]}
tasks_group=${of[login-migrate.SecurityGroupId]}
made 'cluster of ECS' 'containerInsights enhanced' moto ecs describe-clusters --clusters "$cluster" --include SETTINGS --query 'clusters[].settings[].[name,value]'
made 'what ECS may' 'Login * Pull arn:aws:ecr:us-east-1:000000000000:repository/* Log arn:aws:logs:us-east-1:000000000000:log-group:/cameleon/login:*' \
  aws iam get-role-policy --role-name "${of[login-migrate.ExecutionRole]}" --policy-name start --query 'PolicyDocument.Statement[].[Sid,Resource]'
made 'to the tasks' '' rules IpPermissions "$tasks_group"
made 'from the tasks' 'tcp 443 None 0.0.0.0/0' rules IpPermissionsEgress "$tasks_group"
for task in cameleon-login-migrate:migrate:Migrate:512:1024 cameleon-login:run:Loader:1024:2048; do
  IFS=: read -r family command role cpu memory <<<"$task"
  made "$family" "$cpu $memory ARM64 ${of[login-queues.${role}RoleArn]} ${of[login-migrate.ExecutionRoleArn]}" \
    task "$family" '[cpu,memory,runtimePlatform.cpuArchitecture,taskRoleArn,executionRoleArn]'
  made 'its container' "$image $command 10001:10001 True ALL tmp /tmp" task "$family" \
    'containerDefinitions[].[image,command[0],user,readonlyRootFilesystem,linuxParameters.capabilities.drop[0],mountPoints[0].[sourceVolume,containerPath]][][]'
  made 'its log' "awslogs /cameleon/login $command non-blocking" task "$family" \
    'containerDefinitions[].logConfiguration.[logDriver,options."awslogs-group",options."awslogs-stream-prefix",options.mode]'
done
made 'health check, time to stop' '/usr/local/bin/health 35' task cameleon-login 'containerDefinitions[].[healthCheck.command[1],stopTimeout]'
made 'service' "FARGATE arn:aws:ecs:us-east-1:000000000000:task-definition/cameleon-login:1 DISABLED ${subnets//,/ } $tasks_group $clients" \
  moto ecs describe-services --cluster "$cluster" --services "$service" --query "services[].[[launchType,taskDefinition],\
networkConfiguration.awsvpcConfiguration.[[assignPublicIp],subnets,securityGroups][]][][]"
made 'tasks' "service/$cluster/$service 1 4 $orders 0 4" moto application-autoscaling describe-scalable-targets \
  --service-namespace ecs --query 'ScalableTargets[].[ResourceId,MinCapacity,MaxCapacity]'
made 'tasks by messages' "100000.0 QueueName login-queue QueueName login-queue ClusterName $cluster ServiceName $service" \
  moto application-autoscaling describe-scaling-policies --service-namespace ecs --resource-id "service/$cluster/$service" \
  --query "ScalingPolicies[].TargetTrackingScalingPolicyConfiguration.[[TargetValue],\
CustomizedMetricSpecification.Metrics[].MetricStat.Metric.Dimensions[].[Name,Value][]][][]"
made 'policies from zero' 'backlog-per-task first-task' moto application-autoscaling describe-scaling-policies --service-namespace ecs \
  --resource-id "$orders" --query 'sort(ScalingPolicies[].PolicyName)'
made 'alarm for the first task' "${of[orders-service.FirstTask]}" aws cloudwatch describe-alarms \
  --alarm-names cameleon-orders-first-task --query 'MetricAlarms[].AlarmActions[]'

# --- the alarm's way to a subscriber -------------------------------------------------------------
# LocalStack evaluates an alarm with 5 periods of one minute every 5 minutes.
say 'waiting for the alarm, up to 6 minutes …'
state=''
received=''
for ((i = 0; i < 72; i++)); do
  received+=$(aws sqs receive-message --queue-url "$subscriber" --wait-time-seconds 5 --max-number-of-messages 10 --query 'Messages[].Body')
  state=$(aws cloudwatch describe-alarms --alarm-names cameleon-login-dead-letters --query 'MetricAlarms[0].StateValue')
  [[ $received != *cameleon-login-dead-letters* || $state != ALARM ]] || break
done
expect 'state of the alarm' ALARM "$state"
expect_in 'what the subscriber got' cameleon-login-dead-letters "$received"
expect_in 'what the subscriber got' ALARM "$received"

# --- delete --------------------------------------------------------------------------------------
for stack in service migrate queues; do delete "login-$stack"; done
expect 'alarms after the delete' 0 "$(aws cloudwatch describe-alarms --alarm-name-prefix cameleon-login- --query 'length(MetricAlarms)')"
expect 'the dead letter after the delete' 1 "$(attribute "$dlq_url" ApproximateNumberOfMessages)"
expect_in 'the keyset after the delete' primaryKeyId "$(secret "$keyset_arn")"

if [[ $failures -eq 0 ]]; then echo PASS; else echo FAIL; exit 1; fi
