/**
 * What upstream says of whole structs, which no declaration here has a place for: those that are replaced as one (a selector, a
 * reference) and those of which one member is given.
 */

const atomic: Readonly<Record<string, readonly string[]>> = {
  "io.k8s.api.admissionregistration.v1": ["MatchResources", "NamedRuleWithOperations", "ParamKind", "ParamRef", "Variable"],
  "io.k8s.api.autoscaling.v1": ["CrossVersionObjectReference"],
  "io.k8s.api.core.v1": [
    "ConfigMapKeySelector",
    "EndpointAddress",
    "EndpointPort",
    "FileKeySelector",
    "LocalObjectReference",
    "NodeSelector",
    "NodeSelectorTerm",
    "ObjectFieldSelector",
    "ObjectReference",
    "ResourceFieldSelector",
    "ScopeSelector",
    "SecretKeySelector",
    "SecretReference",
    "TopologySelectorTerm",
    "TypedLocalObjectReference",
  ],
  "io.k8s.api.discovery.v1": ["EndpointPort"],
  "io.k8s.api.networking.v1": ["ServiceBackendPort"],
  "io.k8s.api.rbac.v1": ["RoleRef", "Subject"],
  "io.k8s.apimachinery.pkg.apis.meta.v1": ["LabelSelector", "OwnerReference"],
};

const atomicNames = new Set(Object.entries(atomic).flatMap(([group, kinds]) => kinds.map((kind) => `${group}.${kind}`)));

export const isAtomic = (name: string): boolean => atomicNames.has(name);

interface Union {
  discriminator?: string;
  "fields-to-discriminateBy": Record<string, string>;
}

export const unions: Readonly<Record<string, readonly Union[]>> = {
  "io.k8s.api.core.v1.AppArmorProfile": [{ discriminator: "type", "fields-to-discriminateBy": { localhostProfile: "LocalhostProfile" } }],
  "io.k8s.api.core.v1.PodSchedulingGroup": [{ "fields-to-discriminateBy": { podGroupName: "PodGroupName" } }],
  "io.k8s.api.core.v1.SeccompProfile": [{ discriminator: "type", "fields-to-discriminateBy": { localhostProfile: "LocalhostProfile" } }],
  "io.k8s.api.flowcontrol.v1.LimitResponse": [{ discriminator: "type", "fields-to-discriminateBy": { queuing: "Queuing" } }],
  "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec": [
    { discriminator: "type", "fields-to-discriminateBy": { exempt: "Exempt", limited: "Limited" } },
  ],
  "io.k8s.api.flowcontrol.v1.Subject": [
    { discriminator: "kind", "fields-to-discriminateBy": { group: "Group", serviceAccount: "ServiceAccount", user: "User" } },
  ],
};
