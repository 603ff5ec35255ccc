/** The types of volumes that this node knows. */
import { csiVolume } from "../csi/plugin.ts";
import { configMapVolume } from "./config-map.ts";
import { downwardApiVolume } from "./downward-api.ts";
import { emptyDirVolume } from "./empty-dir.ts";
import { hostPathVolume } from "./host-path.ts";
import { imageVolume } from "./images/image.ts";
import { localVolume } from "./local.ts";
import { nfsVolume } from "./nfs.ts";
import type { VolumePlugin } from "./plugin.ts";
import { projectedVolume } from "./projected.ts";
import { secretVolume } from "./secret.ts";

export const volumePlugins: readonly VolumePlugin[] = [
  emptyDirVolume,
  hostPathVolume,
  configMapVolume,
  secretVolume,
  downwardApiVolume,
  projectedVolume,
  localVolume,
  nfsVolume,
  imageVolume,
  csiVolume,
];
