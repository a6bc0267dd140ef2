"""Starts LocalStack, and gives its CloudFormation the resource types of Cameleon's templates that it lacks.

    MOTO=http://127.0.0.1:5000 python localstack-moto.py

LocalStack's engine resolves the template: parameters, conditions, references, imports, order. A type below is then created at moto,
by a call of its service's API. Each property must be a parameter of that call in AWS's model of the API: one that is unknown,
missing, or of another type fails the stack. Where the API names a property differently, the function of the type says so.
Security groups are among the types because LocalStack makes them without their rules.
"""
import copy
import os

import boto3
from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceProviderExecutor,
)


def typed(value, shape, path):
    """The value with the API's spelling of names (ECS: containerDefinitions) and with numbers and booleans instead of texts."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        members = {name.lower(): name for name in shape.members}
        unknown = [key for key in value if key.lower() not in members]
        if unknown:
            raise ValueError(f"{path}: the API does not know {unknown}")
        names = {key: members[key.lower()] for key in value}
        return {names[key]: typed(part, shape.members[names[key]], f"{path}.{key}") for key, part in value.items()}
    if kind == "list" and isinstance(value, list):
        return [typed(part, shape.member, f"{path}[]") for part in value]
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    if kind in ("integer", "long") and isinstance(value, str):
        return int(value)
    if kind in ("double", "float"):
        return float(value)
    return value


class Api:
    def __init__(self, request):
        self.request = request

    def __call__(self, service, operation, properties):
        request = self.request
        client = boto3.client(
            service,
            region_name=request.region_name,
            aws_access_key_id=request.account_id,
            aws_secret_access_key="test",
            endpoint_url=os.environ["MOTO"],
        )
        model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
        return getattr(client, operation)(**typed(properties, model.input_shape, f"{request.resource_type}: {operation}"))

    def name(self):
        return f"{self.request.stack_name}-{self.request.logical_resource_id}".lower()


# Each function takes the properties, which it may change, and returns the values of Ref and Fn::GetAtt.
def permissions(rule):
    rule = dict(rule)
    described = {"Description": rule.pop("Description")}
    ports = {name: rule.pop(name) for name in ("IpProtocol", "FromPort", "ToPort")}
    cidr = rule.pop("CidrIp", None)
    if cidr:
        ports["IpRanges"] = [{"CidrIp": cidr, **described}]
    else:
        peer = rule.pop("SourceSecurityGroupId", None) or rule.pop("DestinationSecurityGroupId")
        ports["UserIdGroupPairs"] = [{"GroupId": peer, **described}]
    if rule:
        raise ValueError(f"unknown in a rule: {list(rule)}")
    return [ports]


def security_group(api, p):
    rules = {side: p.pop(f"SecurityGroup{side.capitalize()}", []) for side in ("ingress", "egress")}
    p["Description"] = p.pop("GroupDescription")
    group = {"GroupId": api("ec2", "create_security_group", {"GroupName": api.name(), **p})["GroupId"]}
    if rules["egress"]:
        everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        api("ec2", "revoke_security_group_egress", {**group, "IpPermissions": everything})
    for side in rules:
        for rule in rules[side]:
            api("ec2", f"authorize_security_group_{side}", {**group, "IpPermissions": permissions(rule)})
    return {"Ref": group["GroupId"], **group}


def security_group_egress(api, p):
    group = {"GroupId": p.pop("GroupId")}
    made = api("ec2", "authorize_security_group_egress", {**group, "IpPermissions": permissions(p)})
    return {"Ref": made["SecurityGroupRules"][0]["SecurityGroupRuleId"]}


def ecs_cluster(api, p):
    p["ClusterName"] = api.name()
    p["Settings"] = p.pop("ClusterSettings")
    cluster = api("ecs", "create_cluster", p)["cluster"]
    return {"Ref": cluster["clusterName"], "Arn": cluster["clusterArn"]}


def ecs_task_definition(api, p):
    return {"Ref": api("ecs", "register_task_definition", p)["taskDefinition"]["taskDefinitionArn"]}


def ecs_service(api, p):
    p["ServiceName"] = api.name()
    service = api("ecs", "create_service", p)["service"]
    # ECS::Service is one of the types for which LocalStack itself knows that Ref is the ARN.
    return {"Ref": service["serviceArn"], "ServiceArn": service["serviceArn"], "Name": service["serviceName"]}


def db_subnet_group(api, p):
    p["DBSubnetGroupName"] = api.name()
    return {"Ref": api("rds", "create_db_subnet_group", p)["DBSubnetGroup"]["DBSubnetGroupName"]}


def db_cluster_parameter_group(api, p):
    p["DBClusterParameterGroupName"] = api.name()
    p["DBParameterGroupFamily"] = p.pop("Family")
    values = p.pop("Parameters")
    api("rds", "create_db_cluster_parameter_group", p)
    api("rds", "modify_db_cluster_parameter_group", {
        "DBClusterParameterGroupName": p["DBClusterParameterGroupName"],
        "Parameters": [
            {"ParameterName": name, "ParameterValue": value, "ApplyMethod": "pending-reboot"} for name, value in values.items()
        ],
    })
    return {"Ref": p["DBClusterParameterGroupName"]}


def db_cluster(api, p):
    # The API's MasterUserSecretKmsKeyId. moto would look for the key among its own, so it is left out.
    del p["MasterUserSecret"]["KmsKeyId"]
    if p.pop("MasterUserSecret"):
        raise ValueError("unknown in MasterUserSecret")
    cluster = api("rds", "create_db_cluster", p)["DBCluster"]
    return {
        "Ref": cluster["DBClusterIdentifier"],
        "DBClusterResourceId": cluster["DbClusterResourceId"],
        "Endpoint": {"Address": cluster["Endpoint"]},
        "ReadEndpoint": {"Address": cluster["ReaderEndpoint"]},
        "MasterUserSecret": {"SecretArn": cluster["MasterUserSecret"]["SecretArn"]},
    }


def db_instance(api, p):
    p["DBInstanceIdentifier"] = api.name()
    return {"Ref": api("rds", "create_db_instance", p)["DBInstance"]["DBInstanceIdentifier"]}


def scalable_target(api, p):
    api("application-autoscaling", "register_scalable_target", p)
    return {"Ref": "|".join((p["ResourceId"], p["ScalableDimension"], p["ServiceNamespace"]))}


def scaling_policy(api, p):
    p["ResourceId"], p["ScalableDimension"], p["ServiceNamespace"] = p.pop("ScalingTargetId").split("|")
    return {"Ref": api("application-autoscaling", "put_scaling_policy", p)["PolicyARN"]}


def trail(api, p):
    # moto looks only for its own buckets.
    api("s3", "create_bucket", {"Bucket": p["S3BucketName"]})
    p["Name"] = p.pop("TrailName")
    selectors = p.pop("AdvancedEventSelectors")
    logging = p.pop("IsLogging")
    created = api("cloudtrail", "create_trail", p)
    api("cloudtrail", "put_event_selectors", {"TrailName": p["Name"], "AdvancedEventSelectors": selectors})
    if logging:
        api("cloudtrail", "start_logging", {"Name": p["Name"]})
    return {"Ref": created["Name"], "Arn": created["TrailARN"]}


TYPES = {
    "AWS::ApplicationAutoScaling::ScalableTarget": scalable_target,
    "AWS::ApplicationAutoScaling::ScalingPolicy": scaling_policy,
    "AWS::CloudTrail::Trail": trail,
    "AWS::EC2::SecurityGroup": security_group,
    "AWS::EC2::SecurityGroupEgress": security_group_egress,
    "AWS::ECS::Cluster": ecs_cluster,
    "AWS::ECS::Service": ecs_service,
    "AWS::ECS::TaskDefinition": ecs_task_definition,
    "AWS::RDS::DBCluster": db_cluster,
    "AWS::RDS::DBClusterParameterGroup": db_cluster_parameter_group,
    "AWS::RDS::DBInstance": db_instance,
    "AWS::RDS::DBSubnetGroup": db_subnet_group,
}


class Provider(ResourceProvider):
    SCHEMA = {"primaryIdentifier": ["/properties/Ref"]}

    def create(self, request):
        properties = request.desired_state
        try:
            attributes = TYPES[request.resource_type](Api(request), copy.deepcopy(properties))
        except Exception as e:
            return ProgressEvent(OperationStatus.FAILED, resource_model=properties, message=str(e))
        return ProgressEvent(OperationStatus.SUCCESS, resource_model={**properties, **attributes})

    # moto ends with the script.
    def delete(self, request):
        return ProgressEvent(OperationStatus.SUCCESS, resource_model={})


of_localstack = ResourceProviderExecutor.try_load_resource_provider


def provider(resource_type):
    found = Provider() if resource_type in TYPES else of_localstack(resource_type)
    if not found:
        # LocalStack would accept it, create nothing, and report CREATE_COMPLETE.
        raise NotImplementedError(f"neither LocalStack nor moto makes {resource_type}")
    return found


ResourceProviderExecutor.try_load_resource_provider = staticmethod(provider)

if __name__ == "__main__":
    from localstack.runtime.main import main

    main()
