/** Declarations of CELDeviceSelector, DeviceSelector, OpaqueDeviceConfiguration, DeviceConfiguration, DeviceClassConfiguration, DeviceClass. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { embed, type Infer, kind, list, raw, ref, string, struct } from "../schema.ts";

export const CELDeviceSelector = struct("io.k8s.api.resource.v1.CELDeviceSelector", {
  expression: string(1, { always: true, required: true }),
});
export interface CELDeviceSelector extends Infer<typeof CELDeviceSelector> {}

export const DeviceSelector = struct("io.k8s.api.resource.v1.DeviceSelector", {
  cel: ref(CELDeviceSelector, 1, { pointer: true }),
});
export interface DeviceSelector extends Infer<typeof DeviceSelector> {}

export const OpaqueDeviceConfiguration = struct("io.k8s.api.resource.v1.OpaqueDeviceConfiguration", {
  driver: string(1, { always: true, required: true }),
  parameters: raw(2, { always: true, required: true }),
});
export interface OpaqueDeviceConfiguration extends Infer<typeof OpaqueDeviceConfiguration> {}

export const DeviceConfiguration = struct("io.k8s.api.resource.v1.DeviceConfiguration", {
  opaque: ref(OpaqueDeviceConfiguration, 1, { pointer: true }),
});
export interface DeviceConfiguration extends Infer<typeof DeviceConfiguration> {}

export const DeviceClassConfiguration = struct("io.k8s.api.resource.v1.DeviceClassConfiguration", {
  "...DeviceConfiguration": embed(DeviceConfiguration, 1),
});
export interface DeviceClassConfiguration extends Infer<typeof DeviceClassConfiguration> {}

export const DeviceClassSpec = struct("io.k8s.api.resource.v1.DeviceClassSpec", {
  selectors: list(DeviceSelector, 1, { listType: "atomic" }),
  config: list(DeviceClassConfiguration, 2, { listType: "atomic" }),
  extendedResourceName: string(4, { pointer: true }),
});
export interface DeviceClassSpec extends Infer<typeof DeviceClassSpec> {}

export const DeviceClass = kind("io.k8s.api.resource.v1.DeviceClass", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(DeviceClassSpec, 2, { always: true, required: true }),
});
export interface DeviceClass extends Infer<typeof DeviceClass> {}

export const DeviceClassList = kind("io.k8s.api.resource.v1.DeviceClassList", {
  metadata: ref(ListMeta, 1),
  items: list(DeviceClass, 2, { always: true, required: true }),
});
export interface DeviceClassList extends Infer<typeof DeviceClassList> {}

export const deviceclasses = resource<DeviceClass>(DeviceClass, {
  group: "resource.k8s.io",
  version: "v1",
  resource: "deviceclasses",
  singular: "deviceclass",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  storagePrefix: "/registry/deviceclasses/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Age", type: "string" },
  ],
});
