/** Rules of single kinds: runtime classes, growing claims, the one default priority, and who may sign for whom. */
import {
  type PersistentVolumeClaim,
  type Pod,
  type PriorityClass,
  priorityclasses,
  type RuntimeClass,
  runtimeclasses,
  type StorageClass,
  storageclasses,
} from "#api/mod.ts";
import { compareQuantity, parseQuantity } from "#codec/mod.ts";
import { decide } from "../authz/reviews.ts";
import type { AdmissionPlugin, Attributes, Authorizer, RequestInfo, Storage } from "../contract.ts";
import { forbidden } from "../request/errors.ts";

const is = (attributes: Attributes, group: string, resource: string, subresource = "") =>
  attributes.resource === resource && attributes.group === group && attributes.subresource === subresource;
const refuse = ({ group, resource, name, object }: Attributes, why: string) =>
  forbidden({ group, resource }, name || (object?.metadata.name ?? ""), why);

/** Pods get the overhead and the scheduling of their runtime class. */
export function runtimeClass(storage: Storage): AdmissionPlugin {
  return {
    name: "RuntimeClass",
    handles: (attributes) => attributes.operation === "CREATE" && is(attributes, "", "pods"),
    admit(attributes) {
      const spec = ((attributes.object as Pod).spec ??= {});
      if (!spec.runtimeClassName) {
        if (spec.overhead && Object.keys(spec.overhead).length)
          throw refuse(attributes, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
        return;
      }
      const found = storage.get(runtimeclasses, { name: spec.runtimeClassName }) as RuntimeClass | undefined;
      if (!found) throw refuse(attributes, `pod rejected: RuntimeClass "${spec.runtimeClassName}" not found`);
      const overhead = found.overhead?.podFixed;
      if (overhead && Object.keys(overhead).length) {
        if (spec.overhead && JSON.stringify(spec.overhead) !== JSON.stringify(overhead))
          throw refuse(attributes, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
        spec.overhead = { ...overhead };
      }
      for (const [key, value] of Object.entries(found.scheduling?.nodeSelector ?? {})) {
        const own = spec.nodeSelector?.[key];
        if (own !== undefined && own !== value)
          throw refuse(
            attributes,
            `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
          );
        spec.nodeSelector = { ...spec.nodeSelector, [key]: value };
      }
      const known = new Set((spec.tolerations ?? []).map((toleration) => JSON.stringify(toleration)));
      const added = (found.scheduling?.tolerations ?? []).filter((toleration) => !known.has(JSON.stringify(toleration)));
      if (added.length) spec.tolerations = [...(spec.tolerations ?? []), ...structuredClone(added)];
    },
  };
}

export function volumeClaimResize(storage: Storage): AdmissionPlugin {
  const classOf = ({ metadata, spec }: PersistentVolumeClaim) =>
    metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec?.storageClassName ?? "";
  return {
    name: "PersistentVolumeClaimResize",
    handles: (attributes) => attributes.operation === "UPDATE" && is(attributes, "", "persistentvolumeclaims"),
    validate(attributes) {
      const [claim, before] = [attributes.object, attributes.oldObject] as [PersistentVolumeClaim, PersistentVolumeClaim];
      const sizeOf = ({ spec }: PersistentVolumeClaim) => parseQuantity(spec?.resources?.requests?.storage ?? "0");
      if (compareQuantity(sizeOf(claim), sizeOf(before)) <= 0) return;
      if (before.status?.phase !== "Bound") throw refuse(attributes, "Only bound persistent volume claims can be expanded");
      const name = classOf(claim);
      const found = name && name === classOf(before) ? (storage.get(storageclasses, { name }) as StorageClass | undefined) : undefined;
      if (!found?.allowVolumeExpansion)
        throw refuse(
          attributes,
          "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
        );
    },
  };
}

/** There is one default priority. */
export function onePriorityDefault(storage: Storage): AdmissionPlugin {
  return {
    name: "Priority",
    handles: (attributes) => attributes.operation !== "DELETE" && is(attributes, "scheduling.k8s.io", "priorityclasses"),
    validate(attributes) {
      const wanted = attributes.object as PriorityClass;
      if (!wanted.globalDefault) return;
      const other = (storage.list(priorityclasses) as PriorityClass[]).find(
        ({ globalDefault, metadata }) => globalDefault && (attributes.operation === "CREATE" || metadata.name !== wanted.metadata.name),
      );
      if (other) throw refuse(attributes, `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`);
    },
  };
}

type Request = { spec?: { signerName?: string; request?: string }; status?: { certificate?: string; conditions?: unknown[] } };

/** Approving and signing a certificate request needs the right to do so for its signer. */
export function certificateRequests(authorizers: readonly Authorizer[]): AdmissionPlugin {
  const may = async ({ user }: Attributes, verb: string, signer: string) => {
    for (const name of [signer, `${signer.split("/")[0]}/*`]) {
      const info: RequestInfo = {
        path: "",
        verb,
        isResource: true,
        prefix: "apis",
        group: "certificates.k8s.io",
        version: "*",
        namespace: "",
        resource: "signers",
        subresource: "",
        name,
      };
      if ((await decide(authorizers, user, info)).allowed) return true;
    }
    return false;
  };
  return {
    name: "CertificateApproval",
    handles: ({ group, resource, operation }) =>
      group === "certificates.k8s.io" && resource === "certificatesigningrequests" && operation !== "DELETE",
    async validate(attributes) {
      const { subresource, object, oldObject } = attributes;
      const [request, before] = [object, oldObject] as unknown as [Request, Request | undefined];
      const signer = (before ?? request).spec?.signerName ?? "";
      if (subresource === "approval" && !(await may(attributes, "approve", signer)))
        throw refuse(attributes, `user not permitted to approve requests with signerName ${JSON.stringify(signer)}`);
      const changed = (of: Request | undefined) => JSON.stringify([of?.status?.certificate ?? "", of?.status?.conditions ?? []]);
      if (subresource === "status" && changed(request) !== changed(before) && !(await may(attributes, "sign", signer)))
        throw refuse(attributes, `user not permitted to sign requests with signerName ${JSON.stringify(signer)}`);
      if (subresource === "" && signer === "kubernetes.io/kube-apiserver-client" && (await asksForMasters(request)))
        throw refuse(attributes, `use of ${signer} signer with system:masters group is not allowed`);
    },
  };
}

async function asksForMasters({ spec }: Request): Promise<boolean> {
  const { subjectOfRequest } = await import("./certificate-subject.ts"); // slow to load, rarely needed
  const subject = subjectOfRequest(spec?.request);
  return typeof subject !== "string" && subject.organizations.includes("system:masters"); // validation says what cannot be read
}
