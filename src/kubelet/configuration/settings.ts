/** What a kubelet does, from the words of a KubeletConfiguration and defaults: everything that is wrong is said at once. Pure. */
import { readConfig } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { parseQuantity, quantityValue } from "#codec/mod.ts";
import type { EvictionPolicy } from "../eviction/evictions.ts";
import { durationMs, type EvictionWords, thresholdsOf, usualHard } from "../eviction/thresholds.ts";
import type { Verification } from "../images/pull-records.ts";
import { usualPolicy, verificationOf } from "../images/verification.ts";
import type { RotationLimits } from "../logs/rotation.ts";
import type { ImagePolicy } from "../node/image-collection.ts";
import type { Taint } from "../node/node.ts";
import { usualCrashMs } from "../pod/history.ts";
import { type Amounts, amountsOf } from "../resources/totals.ts";
import { inOrder, type Period, plainPeriods } from "../shutdown/groups.ts";
import { usualLength } from "../users/ranges.ts";
import { type KubeletWords, kubeletConfiguration, refused } from "./declaration.ts";

export interface KubeletSettings {
  eviction: EvictionPolicy;
  imagePolicy: ImagePolicy;
  /** Which images that are here a pod may have only if it could have pulled them. */
  verification: Verification;
  logLimits: RotationLimits;
  maxPods: number;
  /** Of pods that have users of their own. */
  idsPerPod: number;
  /** Absent: there is no such folder. */
  staticPods?: string;
  allowedUnsafeSysctls: readonly string[];
  /** For the system and for Kubernetes together. */
  reserved: Amounts;
  taints: readonly Taint[];
  /** How long a shutdown of the machine waits for pods, by priority, in order; none: it does not. */
  shutdown: readonly Period[];
  seccompDefault: boolean;
  /** The longest wait of a container that ends again and again, in milliseconds. */
  mostCrashMs: number;
  /** Whether the node's logs are shown, and whether services can be asked for. */
  systemLogs: { served: boolean; asked: boolean };
  /** As `/configz` shows them. */
  shown: object;
}

/** Words that hold where a configuration says nothing. */
export type DefaultWords = Partial<KubeletWords>;

const usual = {
  imageMinimumGCAge: "2m0s",
  imageMaximumGCAge: "0s",
  imageGCHighThresholdPercent: 85,
  imageGCLowThresholdPercent: 80,
  evictionHard: usualHard,
  evictionPressureTransitionPeriod: "5m0s",
  evictionMaxPodGracePeriod: 0,
  imagePullCredentialsVerificationPolicy: usualPolicy as string,
  maxPods: 110,
  containerLogMaxSize: "10Mi",
  containerLogMaxFiles: 5,
  enableSystemLogHandler: true as boolean,
} satisfies DefaultWords;

/** `text`: a file's; absent, defaults alone. Throws everything that is wrong with it. */
export function settingsOf(text: string | undefined, defaults: DefaultWords = {}): KubeletSettings {
  const words: DefaultWords = text === undefined ? {} : readConfig(text, kubeletConfiguration);
  const notObeyed = Object.entries(refused).flatMap(([name, why]) =>
    (words as Record<string, unknown>)[name] === undefined ? [] : [`invalid configuration: ${name} is not obeyed: ${why}`],
  );
  const base = { ...usual, ...defaults };
  // Hard thresholds that somebody names are all there are, unless they are merged.
  const evictionHard = words.mergeDefaultEvictionSettings
    ? { ...base.evictionHard, ...words.evictionHard }
    : (words.evictionHard ?? base.evictionHard);
  const all = { ...base, ...given(words), evictionHard };
  const problems = [...notObeyed, ...problemsOf(all)];
  if (problems.length > 0) throw new Error(problems.length === 1 ? problems[0] : `[${problems.join(", ")}]`);
  const { mergeDefaultEvictionSettings: _, ...shown } = all;
  return {
    eviction: {
      thresholds: thresholdsOf(all as EvictionWords),
      // Upstream takes nothing for its default.
      tellMs: durationMs(all.evictionPressureTransitionPeriod) || durationMs(usual.evictionPressureTransitionPeriod),
      mostGraceSeconds: all.evictionMaxPodGracePeriod,
    },
    imagePolicy: {
      highPercent: all.imageGCHighThresholdPercent,
      lowPercent: all.imageGCLowThresholdPercent,
      leastAgeMs: durationMs(all.imageMinimumGCAge) || durationMs(usual.imageMinimumGCAge),
      mostAgeMs: durationMs(all.imageMaximumGCAge),
    },
    verification: verificationOf(all.imagePullCredentialsVerificationPolicy, all.preloadedImagesVerificationAllowlist),
    logLimits: { maxBytes: quantityValue(parseQuantity(all.containerLogMaxSize)), maxFiles: all.containerLogMaxFiles },
    maxPods: all.maxPods,
    idsPerPod: all.userNamespaces?.idsPerPod ?? usualLength,
    ...(all.staticPodPath ? { staticPods: all.staticPodPath } : {}),
    allowedUnsafeSysctls: all.allowedUnsafeSysctls ?? [],
    reserved: reservedOf(all),
    taints: all.registerWithTaints ?? [],
    shutdown: periodsOf(all),
    seccompDefault: all.seccompDefault ?? false,
    mostCrashMs: mostCrashMsOf(all),
    systemLogs: { served: all.enableSystemLogHandler, asked: all.enableSystemLogQuery ?? false },
    shown: { ...shown, allowedUnsafeSysctls: all.allowedUnsafeSysctls ?? [] },
  };
}

function periodsOf({ shutdownGracePeriodByPodPriority: byPriority, ...plain }: DefaultWords): Period[] {
  if (byPriority?.length)
    return inOrder(byPriority.map(({ priority = 0, shutdownGracePeriodSeconds: seconds = 0 }) => ({ priority, seconds })));
  const { shutdownGracePeriod = "0s", shutdownGracePeriodCriticalPods = "0s" } = plain;
  return plainPeriods(durationMs(shutdownGracePeriod) / 1000, durationMs(shutdownGracePeriodCriticalPods) / 1000);
}

function checkShutdown(all: DefaultWords, say: (why: string) => void): void {
  const { shutdownGracePeriod: whole = "0s", shutdownGracePeriodCriticalPods: critical = "0s" } = all;
  const [wholeMs, criticalMs] = [durationMs(whole), durationMs(critical)];
  if (criticalMs > wholeMs) say(`shutdownGracePeriodCriticalPods {${critical}} must be <= shutdownGracePeriod {${whole}}`);
  const isOdd = (ms: number) => ms < 0 || (ms > 0 && ms < 1000);
  if (isOdd(wholeMs)) say(`shutdownGracePeriod {${whole}} must be either zero or otherwise >= 1 sec`);
  if (isOdd(criticalMs)) say(`shutdownGracePeriodCriticalPods {${critical}} must be either zero or otherwise >= 1 sec`);
  if (all.shutdownGracePeriodByPodPriority?.length && (wholeMs > 0 || criticalMs > 0))
    say("Cannot specify both shutdownGracePeriodByPodPriority and shutdownGracePeriod at the same time");
}

const mostCrashMsOf = ({ crashLoopBackOff }: DefaultWords): number =>
  crashLoopBackOff?.maxContainerRestartPeriod === undefined ? usualCrashMs : durationMs(crashLoopBackOff.maxContainerRestartPeriod);

function reservedOf({ systemReserved, kubeReserved }: DefaultWords): Amounts {
  const sum: Amounts = {};
  for (const list of [systemReserved, kubeReserved])
    for (const [name, amount] of Object.entries(amountsOf(list))) sum[name] = (sum[name] ?? 0) + amount;
  return sum;
}

type Whole = typeof usual & Omit<DefaultWords, keyof typeof usual>;

/** What a configuration says: words that are empty say nothing, as upstream takes them. */
function given(words: DefaultWords): Partial<Whole> {
  const kept = Object.entries(words).filter(([name, value]) => {
    if (name === "apiVersion" || name === "kind" || value === undefined || value === null) return false;
    const isCount = name === "imageGCHighThresholdPercent" || name === "imageGCLowThresholdPercent" || name === "containerLogMaxFiles";
    return isCount || (value !== "" && value !== 0);
  });
  return Object.fromEntries(kept) as Partial<Whole>;
}

function problemsOf(all: Whole): string[] {
  const problems: string[] = [];
  const say = (why: string) => problems.push(`invalid configuration: ${why}`);
  const percent = (name: "imageGCHighThresholdPercent" | "imageGCLowThresholdPercent", flag: string) => {
    if (all[name] < 0 || all[name] > 100) say(`${name} (--${flag}) ${all[name]} must be between 0 and 100, inclusive`);
  };
  percent("imageGCHighThresholdPercent", "image-gc-high-threshold");
  percent("imageGCLowThresholdPercent", "image-gc-low-threshold");
  const { imageGCHighThresholdPercent: high, imageGCLowThresholdPercent: low } = all;
  if (low >= high)
    say(
      `imageGCLowThresholdPercent (--image-gc-low-threshold) ${low} must be less than imageGCHighThresholdPercent (--image-gc-high-threshold) ${high}`,
    );
  const ids = all.userNamespaces?.idsPerPod ?? usualLength;
  if (ids < usualLength) say(`userNamespaces.idsPerPod must not be less than ${usualLength}`);
  else if (ids % usualLength !== 0) say(`userNamespaces.idsPerPod must be a multiple of ${usualLength}`);
  else if (ids > 2 ** 32 - 1) say(`userNamespaces.idsPerPod must not be more than ${2 ** 32 - 1}`);
  checkShutdown(all, say);
  const crashMs = mostCrashMsOf(all);
  if (crashMs < 1000 || crashMs > usualCrashMs)
    say(`CrashLoopBackOff.MaxContainerRestartPeriod (got: ${crashMs / 1000} seconds) must be set between 1s and 300s`);
  if (all.maxPods < 0) say(`maxPods (--max-pods) ${all.maxPods} must not be a negative number`);
  const age = (name: "imageMinimumGCAge" | "imageMaximumGCAge") => {
    const ms = durationMs(all[name]);
    if (ms < 0) say(`${name} ${all[name]} must not be negative`);
    return ms;
  };
  const [least, most] = [age("imageMinimumGCAge"), age("imageMaximumGCAge")];
  if (most > 0 && most <= least)
    say(`imageMaximumGCAge ${all.imageMaximumGCAge} must be greater than imageMinimumGCAge ${all.imageMinimumGCAge}`);
  if (all.containerLogMaxFiles <= 1) say(`containerLogMaxFiles must be greater than 1, got ${all.containerLogMaxFiles}`);
  if (all.enableSystemLogQuery && !all.enableSystemLogHandler) say("enableSystemLogHandler is required for enableSystemLogQuery");
  try {
    if (quantityValue(parseQuantity(all.containerLogMaxSize)) <= 0)
      say(`containerLogMaxSize must be positive, got ${all.containerLogMaxSize}`);
  } catch (error) {
    say(`failed to parse container log max size ${JSON.stringify(all.containerLogMaxSize)}: ${messageOf(error)}`);
  }
  for (const [field, flag] of [
    ["systemReserved", "system-reserved"],
    ["kubeReserved", "kube-reserved"],
  ] as const)
    for (const [name, text] of Object.entries(all[field] ?? {})) {
      if (!["cpu", "memory", "ephemeral-storage"].includes(name)) say(`${field} (--${flag}): reservation of ${name} is not obeyed`);
      else if (!isAmount(text)) say(`${field} (--${flag}): ${JSON.stringify(text)} is no amount of ${name}`);
    }
  for (const taint of all.registerWithTaints ?? [])
    if (!taint.key || !["NoSchedule", "PreferNoSchedule", "NoExecute"].includes(taint.effect ?? ""))
      say(`invalid taint: ${JSON.stringify(taint)}`);
  for (const pattern of all.allowedUnsafeSysctls ?? [])
    if (!/^[a-z0-9]([-_a-z0-9]*[a-z0-9])?([./][a-z0-9]([-_a-z0-9]*[a-z0-9])?)*([./]?\*)?$/.test(pattern))
      say(`invalid sysctl pattern ${JSON.stringify(pattern)}`);
  try {
    verificationOf(all.imagePullCredentialsVerificationPolicy, all.preloadedImagesVerificationAllowlist);
  } catch (error) {
    problems.push(messageOf(error));
  }
  try {
    thresholdsOf(all as EvictionWords);
  } catch (error) {
    say(messageOf(error));
  }
  return problems;
}

function isAmount(text: string): boolean {
  try {
    return quantityValue(parseQuantity(text)) >= 0;
  } catch {
    return false;
  }
}
