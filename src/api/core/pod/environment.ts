/** Environment variables of a container: named one by one, or taken from whole objects and files. */

import { bool, embed, type Infer, ref, string, struct } from "../../schema.ts";
import { LocalObjectReference } from "../references.ts";
import { ObjectFieldSelector, ResourceFieldSelector } from "./volume-projections.ts";

export const ConfigMapEnvSource = struct(
  "io.k8s.api.core.v1.ConfigMapEnvSource",
  "A ConfigMap all of whose keys become environment variables.",
  {
    "...LocalObjectReference": embed(LocalObjectReference, 1),
    optional: bool(2, { pointer: true, doc: "When true, the pod starts even if the named object or key does not exist." }),
  },
);
export interface ConfigMapEnvSource extends Infer<typeof ConfigMapEnvSource> {}

export const SecretEnvSource = struct("io.k8s.api.core.v1.SecretEnvSource", "A Secret all of whose keys become environment variables.", {
  "...LocalObjectReference": embed(LocalObjectReference, 1),
  optional: bool(2, { pointer: true, doc: "When true, the pod starts even if the named object or key does not exist." }),
});
export interface SecretEnvSource extends Infer<typeof SecretEnvSource> {}

export const EnvFromSource = struct("io.k8s.api.core.v1.EnvFromSource", "An object all of whose keys become environment variables.", {
  prefix: string(1, { doc: "Put before every key." }),
  configMapRef: ref(ConfigMapEnvSource, 2, { pointer: true, doc: "The ConfigMap to take." }),
  secretRef: ref(SecretEnvSource, 3, { pointer: true, doc: "The Secret to take." }),
});
export interface EnvFromSource extends Infer<typeof EnvFromSource> {}

export const ConfigMapKeySelector = struct("io.k8s.api.core.v1.ConfigMapKeySelector", "One key of a ConfigMap.", {
  "...LocalObjectReference": embed(LocalObjectReference, 1),
  key: string(2, { always: true, required: true, doc: "The key whose value is taken." }),
  optional: bool(3, { pointer: true, doc: "When true, the pod starts even if the named object or key does not exist." }),
});
export interface ConfigMapKeySelector extends Infer<typeof ConfigMapKeySelector> {}

export const SecretKeySelector = struct("io.k8s.api.core.v1.SecretKeySelector", "One key of a Secret.", {
  "...LocalObjectReference": embed(LocalObjectReference, 1),
  key: string(2, { always: true, required: true, doc: "The key whose value is taken." }),
  optional: bool(3, { pointer: true, doc: "When true, the pod starts even if the named object or key does not exist." }),
});
export interface SecretKeySelector extends Infer<typeof SecretKeySelector> {}

export const FileKeySelector = struct("io.k8s.api.core.v1.FileKeySelector", "One key of a file in env format.", {
  volumeName: string(1, { always: true, required: true, doc: "The pod's volume that has the file; an emptyDir." }),
  path: string(2, { always: true, required: true, doc: "The file's path inside the volume: relative, without '..'." }),
  key: string(3, { always: true, required: true, doc: "The key in the file." }),
  optional: bool(4, { pointer: true, doc: "When true, the pod starts even if the named object or key does not exist." }),
});
export interface FileKeySelector extends Infer<typeof FileKeySelector> {}

export const EnvVarSource = struct("io.k8s.api.core.v1.EnvVarSource", "Where a variable's value comes from: exactly one.", {
  fieldRef: ref(ObjectFieldSelector, 1, { pointer: true, doc: "A field of the pod, such as metadata.name or status.podIP." }),
  resourceFieldRef: ref(ResourceFieldSelector, 2, { pointer: true, doc: "A request or limit of a container, such as limits.memory." }),
  configMapKeyRef: ref(ConfigMapKeySelector, 3, { pointer: true, doc: "A key of a ConfigMap in the pod's namespace." }),
  secretKeyRef: ref(SecretKeySelector, 4, { pointer: true, doc: "A key of a Secret in the pod's namespace." }),
  fileKeyRef: ref(FileKeySelector, 5, { pointer: true, doc: "A key of a file in env format, on a volume that an init container wrote." }),
});
export interface EnvVarSource extends Infer<typeof EnvVarSource> {}

export const EnvVar = struct("io.k8s.api.core.v1.EnvVar", "One environment variable.", {
  name: string(1, { always: true, required: true, doc: "Its name: any printable ASCII without '='." }),
  value: string(2, { doc: "Its value; $(NAME) is replaced by a variable that stands before, $$ is one $." }),
  valueFrom: ref(EnvVarSource, 3, { pointer: true, doc: "Where else the value comes from; not together with value." }),
});
export interface EnvVar extends Infer<typeof EnvVar> {}
