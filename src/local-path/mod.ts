export { type Disk, folders, noDisk } from "./disk.ts";
export { ensureLocalPathClass, provisionerName } from "./names.ts";
export { type LocalPath, type LocalPathOptions, startLocalPath } from "./provisioner.ts";
