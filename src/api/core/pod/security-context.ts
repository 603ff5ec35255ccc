/** What a container may do: its user, capabilities, profiles and labels. */

import { bool, type Infer, int64, list, ref, string, struct } from "../../schema.ts";

export const Capabilities = struct(
  "io.k8s.api.core.v1.Capabilities",
  "Linux capabilities given to or taken from a container, without the prefix CAP_.",
  {
    add: list(string, 1, { goType: "v1.Capability", listType: "atomic", doc: "Capabilities to add, such as NET_ADMIN." }),
    drop: list(string, 2, { goType: "v1.Capability", listType: "atomic", doc: "Capabilities to remove; ALL removes every one." }),
  },
);
export interface Capabilities extends Infer<typeof Capabilities> {}

export const SELinuxOptions = struct("io.k8s.api.core.v1.SELinuxOptions", "An SELinux label.", {
  user: string(1, { doc: "Its user." }),
  role: string(2, { doc: "Its role." }),
  type: string(3, { doc: "Its type." }),
  level: string(4, { doc: "Its level." }),
});
export interface SELinuxOptions extends Infer<typeof SELinuxOptions> {}

export const WindowsSecurityContextOptions = struct(
  "io.k8s.api.core.v1.WindowsSecurityContextOptions",
  "Settings for containers on Windows.",
  {
    gmsaCredentialSpecName: string(1, { pointer: true, doc: "The name of the group account's credential spec." }),
    gmsaCredentialSpec: string(2, { pointer: true, doc: "The credential spec itself; filled in by a webhook." }),
    runAsUserName: string(3, { pointer: true, doc: "The user; the image's own when left out." }),
    hostProcess: bool(4, { pointer: true, doc: "Whether it runs as a process of the host." }),
  },
);
export interface WindowsSecurityContextOptions extends Infer<typeof WindowsSecurityContextOptions> {}

export const SeccompProfile = struct("io.k8s.api.core.v1.SeccompProfile", "Which system calls are allowed.", {
  type: string(1, {
    goType: "v1.SeccompProfileType",
    always: true,
    required: true,
    enum: ["Localhost", "RuntimeDefault", "Unconfined"],
    doc: "RuntimeDefault (the runtime's profile), Localhost (a file of the node) or Unconfined.",
  }),
  localhostProfile: string(2, { pointer: true, doc: "The file, below the kubelet's seccomp folder; only and always with type Localhost." }),
});
export interface SeccompProfile extends Infer<typeof SeccompProfile> {}

export const AppArmorProfile = struct("io.k8s.api.core.v1.AppArmorProfile", "Which AppArmor profile confines a container.", {
  type: string(1, {
    goType: "v1.AppArmorProfileType",
    always: true,
    required: true,
    enum: ["Localhost", "RuntimeDefault", "Unconfined"],
    doc: "RuntimeDefault (the runtime's profile), Localhost (one loaded on the node) or Unconfined.",
  }),
  localhostProfile: string(2, { pointer: true, doc: "The name of a profile loaded on the node; only and always with type Localhost." }),
});
export interface AppArmorProfile extends Infer<typeof AppArmorProfile> {}

export const SecurityContext = struct(
  "io.k8s.api.core.v1.SecurityContext",
  "User, rights and isolation of one container; wins over the pod's.",
  {
    capabilities: ref(Capabilities, 1, { pointer: true, doc: "Linux capabilities to add and drop." }),
    privileged: bool(2, { pointer: true, doc: "Gives it all of the host's devices and rights: nearly root on the node." }),
    seLinuxOptions: ref(SELinuxOptions, 3, { pointer: true, doc: "The SELinux label." }),
    windowsOptions: ref(WindowsSecurityContextOptions, 10, { pointer: true, doc: "Settings for Windows." }),
    runAsUser: int64(4, { pointer: true, doc: "The user number; the image's own when left out." }),
    runAsGroup: int64(8, { pointer: true, doc: "The primary group number." }),
    runAsNonRoot: bool(5, { pointer: true, doc: "When true, the container is refused if it would run as user 0." }),
    readOnlyRootFilesystem: bool(6, { pointer: true, doc: "Nothing can be written outside of volumes." }),
    allowPrivilegeEscalation: bool(7, {
      pointer: true,
      doc: "Whether a process may get more rights than its parent (setuid programs); true when privileged.",
    }),
    procMount: string(9, {
      goType: "v1.ProcMountType",
      pointer: true,
      enum: ["Default", "Unmasked"],
      doc: "Default masks parts of /proc; Unmasked does not, and needs a user namespace.",
    }),
    seccompProfile: ref(SeccompProfile, 11, { pointer: true, doc: "Which system calls are allowed." }),
    appArmorProfile: ref(AppArmorProfile, 12, { pointer: true, doc: "The AppArmor profile." }),
  },
);
export interface SecurityContext extends Infer<typeof SecurityContext> {}
