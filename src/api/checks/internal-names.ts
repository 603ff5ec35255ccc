/** How the members of upstream's internal types are called and ordered, where it is not as in the API: facts that its messages show. */

/** By the name in JSON; every other one begins with a capital letter and is otherwise the same. */
export const goNames: Readonly<Record<string, string>> = {
  apiGroup: "APIGroup",
  apiVersion: "APIVersion",
  cel: "CEL",
  csi: "CSI",
  dnsConfig: "DNSConfig",
  dnsPolicy: "DNSPolicy",
  fsGroup: "FSGroup",
  fsGroupChangePolicy: "FSGroupChangePolicy",
  fsType: "FSType",
  gcePersistentDisk: "GCEPersistentDisk",
  awsElasticBlockStore: "AWSElasticBlockStore",
  gid: "GID",
  gmsaCredentialSpec: "GMSACredentialSpec",
  gmsaCredentialSpecName: "GMSACredentialSpecName",
  grpc: "GRPC",
  httpGet: "HTTPGet",
  httpHeaders: "HTTPHeaders",
  ip: "IP",
  iscsi: "ISCSI",
  nfs: "NFS",
  rbd: "RBD",
  cephfs: "CephFS",
  downwardAPI: "DownwardAPI",
  fc: "FC",
  storageos: "StorageOS",
  os: "OS",
  pdName: "PDName",
  seLinuxChangePolicy: "SELinuxChangePolicy",
  seLinuxOptions: "SELinuxOptions",
  sslEnabled: "SSLEnabled",
  tcpSocket: "TCPSocket",
  tty: "TTY",
  ttlSecondsAfterFinished: "TTLSecondsAfterFinished",
  uid: "UID",
  wwids: "WWIDs",
};

interface Twin {
  /** Members in their order, by the names in JSON; absent: as in the API. */
  order?: readonly string[];
  names?: Readonly<Record<string, string>>;
}

const words = (text: string): string[] => text.trim().split(/\s+/);

const rbd: Twin = { names: { monitors: "CephMonitors", image: "RBDImage", pool: "RBDPool", user: "RadosUser" } };
const iscsi: Twin = {
  names: { iqn: "IQN", iscsiInterface: "ISCSIInterface", chapAuthDiscovery: "DiscoveryCHAPAuth", chapAuthSession: "SessionCHAPAuth" },
};
const glusterfs: Twin = { names: { endpoints: "EndpointsName" } };

/** By the last word of the type's name. */
export const twins: Readonly<Record<string, Twin>> = {
  PodSpec: {
    order: words(`volumes initContainers containers ephemeralContainers restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds
      dnsPolicy nodeSelector serviceAccountName automountServiceAccountToken nodeName securityContext imagePullSecrets hostname subdomain
      setHostnameAsFQDN affinity schedulerName tolerations hostAliases priorityClassName priority preemptionPolicy dnsConfig readinessGates
      runtimeClassName overhead enableServiceLinks topologySpreadConstraints os schedulingGates resourceClaims resources hostnameOverride
      schedulingGroup`),
  },
  /** After what the API has in the pod's spec itself. */
  PodSecurityContext: {
    order: words(`seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot supplementalGroups supplementalGroupsPolicy fsGroup
      fsGroupChangePolicy sysctls seccompProfile appArmorProfile seLinuxChangePolicy`),
  },
  Volume: {
    order: words(`name hostPath emptyDir gcePersistentDisk awsElasticBlockStore gitRepo secret nfs iscsi glusterfs persistentVolumeClaim rbd
      quobyte flexVolume cinder cephfs flocker downwardAPI fc azureFile configMap vsphereVolume azureDisk photonPersistentDisk projected
      portworxVolume scaleIO storageos csi ephemeral image`),
  },
  PersistentVolumeSpec: {
    order:
      words(`capacity gcePersistentDisk awsElasticBlockStore hostPath glusterfs nfs rbd quobyte iscsi flexVolume cinder cephfs fc flocker
      azureFile vsphereVolume azureDisk photonPersistentDisk portworxVolume scaleIO local storageos csi accessModes claimRef
      persistentVolumeReclaimPolicy storageClassName mountOptions volumeMode nodeAffinity volumeAttributesClassName`),
  },
  DeviceAttribute: {
    names: {
      ...{ int: "IntValue", bool: "BoolValue", string: "StringValue", version: "VersionValue" },
      ...{ ints: "IntValues", bools: "BoolValues", strings: "StringValues", versions: "VersionValues" },
    },
  },
  AzureDiskVolumeSource: { names: { diskURI: "DataDiskURI" } },
  GlusterfsVolumeSource: glusterfs,
  GlusterfsPersistentVolumeSource: glusterfs,
  ISCSIVolumeSource: iscsi,
  ISCSIPersistentVolumeSource: iscsi,
  RBDVolumeSource: rbd,
  RBDPersistentVolumeSource: rbd,
};

/** What the API has in a pod's spec, and upstream inside of its security context, which is always there. */
export const hostMembers = ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"] as const;
