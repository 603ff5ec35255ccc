/** Declarations of CELDeviceSelector, DeviceSelector, OpaqueDeviceConfiguration, DeviceConfiguration, DeviceClassConfiguration, DeviceClass. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { embed, type Infer, kind, list, raw, ref, string, struct } from "../schema.ts";

export const CELDeviceSelector = struct("io.k8s.api.resource.v1.CELDeviceSelector", "Devices by an expression.", {
  expression: string(1, {
    always: true,
    required: true,
    // An empty one does not compile, which says more.
    mayBeEmpty: true,
    maxLength: 10240,
    doc: "CEL over device.driver, device.attributes and device.capacity that must be true.",
  }),
});
export interface CELDeviceSelector extends Infer<typeof CELDeviceSelector> {}

export const DeviceSelector = struct("io.k8s.api.resource.v1.DeviceSelector", "Devices that are meant.", {
  cel: ref(CELDeviceSelector, 1, { pointer: true, doc: "By an expression." }),
});
export interface DeviceSelector extends Infer<typeof DeviceSelector> {}

export const OpaqueDeviceConfiguration = struct("io.k8s.api.resource.v1.OpaqueDeviceConfiguration", "Settings in a driver's own form.", {
  driver: string(1, { always: true, required: true, format: "driver-name", emptyIsMissing: true, doc: "The driver." }),
  parameters: raw(2, {
    always: true,
    required: true,
    mayBeEmpty: true,
    doc: "The settings, an object with a kind and version of its own.",
  }),
});
export interface OpaqueDeviceConfiguration extends Infer<typeof OpaqueDeviceConfiguration> {}

export const DeviceConfiguration = struct("io.k8s.api.resource.v1.DeviceConfiguration", "Settings for a driver.", {
  opaque: ref(OpaqueDeviceConfiguration, 1, { pointer: true, doc: "Settings in the driver's own form." }),
});
export interface DeviceConfiguration extends Infer<typeof DeviceConfiguration> {}

export const DeviceClassConfiguration = struct("io.k8s.api.resource.v1.DeviceClassConfiguration", "Settings for a driver.", {
  "...DeviceConfiguration": embed(DeviceConfiguration, 1),
});
export interface DeviceClassConfiguration extends Infer<typeof DeviceClassConfiguration> {}

export const DeviceClassSpec = struct("io.k8s.api.resource.v1.DeviceClassSpec", "Which devices, with which settings.", {
  selectors: list(DeviceSelector, 1, { maxItems: 32, listType: "atomic", doc: "Further conditions; all must hold." }),
  config: list(DeviceClassConfiguration, 2, { maxItems: 32, listType: "atomic", doc: "Settings for drivers." }),
  extendedResourceName: string(4, {
    pointer: true,
    format: "extended-resource",
    doc: "The extended resource by which pods may ask for them without a claim.",
  }),
});
export interface DeviceClassSpec extends Infer<typeof DeviceClassSpec> {}

export const DeviceClass = kind("io.k8s.api.resource.v1.DeviceClass", "A kind of devices, chosen by an administrator.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  spec: ref(DeviceClassSpec, 2, { always: true, required: true, doc: "What is wanted." }),
});
export interface DeviceClass extends Infer<typeof DeviceClass> {}

export const DeviceClassList = kind("io.k8s.api.resource.v1.DeviceClassList", "A list of DeviceClass objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(DeviceClass, 2, { always: true, required: true, doc: "The objects." }),
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
