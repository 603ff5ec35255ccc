/** The messages of the CRI (runtime.v1) that we use, as data: number, name, type. Facts of the interface. */
export const criMessages = `
VersionRequest
  1 version string
VersionResponse
  1 version string
  2 runtime_name string
  3 runtime_version string
  4 runtime_api_version string
RunPodSandboxRequest
  1 config PodSandboxConfig
  2 runtime_handler string
PodSandboxConfig
  1 metadata PodSandboxMetadata
  2 hostname string
  3 log_directory string
  4 dns_config DNSConfig
  5 port_mappings repeated PortMapping
  6 labels map<string,string>
  7 annotations map<string,string>
  8 linux LinuxPodSandboxConfig
PodSandboxMetadata
  1 name string
  2 uid string
  3 namespace string
  4 attempt uint32
DNSConfig
  1 servers repeated string
  2 searches repeated string
  3 options repeated string
PortMapping
  1 protocol enum
  2 container_port int32
  3 host_port int32
  4 host_ip string
LinuxPodSandboxConfig
  1 cgroup_parent string
  2 security_context LinuxSandboxSecurityContext
  3 sysctls map<string,string>
  4 overhead LinuxContainerResources
  5 resources LinuxContainerResources
LinuxSandboxSecurityContext
  1 namespace_options NamespaceOption
  2 selinux_options SELinuxOption
  3 run_as_user Int64Value
  8 run_as_group Int64Value
  4 readonly_rootfs bool
  5 supplemental_groups repeated int64
  11 supplemental_groups_policy enum
  6 privileged bool
  9 seccomp SecurityProfile
  10 apparmor SecurityProfile
  7 seccomp_profile_path string
NamespaceOption
  1 network enum
  2 pid enum
  3 ipc enum
  4 target_id string
  5 userns_options UserNamespace
UserNamespace
  1 mode enum
  2 uids repeated IDMapping
  3 gids repeated IDMapping
IDMapping
  1 host_id uint32
  2 container_id uint32
  3 length uint32
SELinuxOption
  1 user string
  2 role string
  3 type string
  4 level string
Int64Value
  1 value int64
SecurityProfile
  1 profile_type enum
  2 localhost_ref string
LinuxContainerResources
  1 cpu_period int64
  2 cpu_quota int64
  3 cpu_shares int64
  4 memory_limit_in_bytes int64
  5 oom_score_adj int64
  6 cpuset_cpus string
  7 cpuset_mems string
  8 hugepage_limits repeated HugepageLimit
  9 unified map<string,string>
  10 memory_swap_limit_in_bytes int64
HugepageLimit
  1 page_size string
  2 limit uint64
RunPodSandboxResponse
  1 pod_sandbox_id string
StopPodSandboxRequest
  1 pod_sandbox_id string
StopPodSandboxResponse
RemovePodSandboxRequest
  1 pod_sandbox_id string
RemovePodSandboxResponse
PodSandboxStatusRequest
  1 pod_sandbox_id string
  2 verbose bool
PodSandboxStatusResponse
  1 status PodSandboxStatus
  2 info map<string,string>
  3 containers_statuses repeated ContainerStatus
  4 timestamp int64
PodSandboxStatus
  1 id string
  2 metadata PodSandboxMetadata
  3 state enum
  4 created_at int64
  5 network PodSandboxNetworkStatus
  6 linux LinuxPodSandboxStatus
  7 labels map<string,string>
  8 annotations map<string,string>
  9 runtime_handler string
PodSandboxNetworkStatus
  1 ip string
  2 additional_ips repeated PodIP
PodIP
  1 ip string
LinuxPodSandboxStatus
  1 namespaces Namespace
Namespace
  2 options NamespaceOption
ContainerStatus
  1 id string
  2 metadata ContainerMetadata
  3 state enum
  4 created_at int64
  5 started_at int64
  6 finished_at int64
  7 exit_code int32
  8 image ImageSpec
  9 image_ref string
  10 reason string
  11 message string
  12 labels map<string,string>
  13 annotations map<string,string>
  14 mounts repeated Mount
  15 log_path string
  16 resources ContainerResources
  17 image_id string
  18 user ContainerUser
  19 stop_signal enum
ContainerMetadata
  1 name string
  2 attempt uint32
ImageSpec
  1 image string
  2 annotations map<string,string>
  18 user_specified_image string
  19 runtime_handler string
  20 image_ref string
Mount
  1 container_path string
  2 host_path string
  3 readonly bool
  4 selinux_relabel bool
  5 propagation enum
  6 uidMappings repeated IDMapping
  7 gidMappings repeated IDMapping
  8 recursive_read_only bool
  9 image ImageSpec
  10 image_sub_path string
ContainerResources
  1 linux LinuxContainerResources
ContainerUser
  1 linux LinuxContainerUser
LinuxContainerUser
  1 uid int64
  2 gid int64
  3 supplemental_groups repeated int64
ListPodSandboxRequest
  1 filter PodSandboxFilter
PodSandboxFilter
  1 id string
  2 state PodSandboxStateValue
  3 label_selector map<string,string>
PodSandboxStateValue
  1 state enum
ListPodSandboxResponse
  1 items repeated PodSandbox
PodSandbox
  1 id string
  2 metadata PodSandboxMetadata
  3 state enum
  4 created_at int64
  5 labels map<string,string>
  6 annotations map<string,string>
  7 runtime_handler string
CreateContainerRequest
  1 pod_sandbox_id string
  2 config ContainerConfig
  3 sandbox_config PodSandboxConfig
ContainerConfig
  1 metadata ContainerMetadata
  2 image ImageSpec
  3 command repeated string
  4 args repeated string
  5 working_dir string
  6 envs repeated KeyValue
  7 mounts repeated Mount
  8 devices repeated Device
  9 labels map<string,string>
  10 annotations map<string,string>
  11 log_path string
  12 stdin bool
  13 stdin_once bool
  14 tty bool
  15 linux LinuxContainerConfig
  17 CDI_devices repeated CDIDevice
  18 stop_signal enum
KeyValue
  1 key string
  2 value bytes
Device
  1 container_path string
  2 host_path string
  3 permissions string
LinuxContainerConfig
  1 resources LinuxContainerResources
  2 security_context LinuxContainerSecurityContext
LinuxContainerSecurityContext
  1 capabilities Capability
  2 privileged bool
  3 namespace_options NamespaceOption
  4 selinux_options SELinuxOption
  5 run_as_user Int64Value
  12 run_as_group Int64Value
  6 run_as_username string
  7 readonly_rootfs bool
  8 supplemental_groups repeated int64
  17 supplemental_groups_policy enum
  11 no_new_privs bool
  13 masked_paths repeated string
  14 readonly_paths repeated string
  15 seccomp SecurityProfile
  16 apparmor SecurityProfile
  9 apparmor_profile string
  10 seccomp_profile_path string
Capability
  1 add_capabilities repeated string
  2 drop_capabilities repeated string
  3 add_ambient_capabilities repeated string
CDIDevice
  1 name string
CreateContainerResponse
  1 container_id string
StartContainerRequest
  1 container_id string
StartContainerResponse
StopContainerRequest
  1 container_id string
  2 timeout int64
StopContainerResponse
RemoveContainerRequest
  1 container_id string
RemoveContainerResponse
ListContainersRequest
  1 filter ContainerFilter
ContainerFilter
  1 id string
  2 state ContainerStateValue
  3 pod_sandbox_id string
  4 label_selector map<string,string>
ContainerStateValue
  1 state enum
ListContainersResponse
  1 containers repeated Container
Container
  1 id string
  2 pod_sandbox_id string
  3 metadata ContainerMetadata
  4 image ImageSpec
  5 image_ref string
  6 state enum
  7 created_at int64
  8 labels map<string,string>
  9 annotations map<string,string>
  10 image_id string
ContainerStatusRequest
  1 container_id string
  2 verbose bool
ContainerStatusResponse
  1 status ContainerStatus
  2 info map<string,string>
ExecSyncRequest
  1 container_id string
  2 cmd repeated string
  3 timeout int64
ExecSyncResponse
  1 stdout bytes
  2 stderr bytes
  3 exit_code int32
ExecRequest
  1 container_id string
  2 cmd repeated string
  3 tty bool
  4 stdin bool
  5 stdout bool
  6 stderr bool
ExecResponse
  1 url string
AttachRequest
  1 container_id string
  2 stdin bool
  3 tty bool
  4 stdout bool
  5 stderr bool
AttachResponse
  1 url string
PortForwardRequest
  1 pod_sandbox_id string
  2 port repeated int32
PortForwardResponse
  1 url string
UpdateContainerResourcesRequest
  1 container_id string
  2 linux LinuxContainerResources
  4 annotations map<string,string>
UpdateContainerResourcesResponse
ReopenContainerLogRequest
  1 container_id string
ReopenContainerLogResponse
CheckpointContainerRequest
  1 container_id string
  2 location string
  3 timeout int64
CheckpointContainerResponse
ListImagesRequest
  1 filter ImageFilter
ImageFilter
  1 image ImageSpec
ListImagesResponse
  1 images repeated Image
Image
  1 id string
  2 repo_tags repeated string
  3 repo_digests repeated string
  4 size uint64
  5 uid Int64Value
  6 username string
  7 spec ImageSpec
  8 pinned bool
ImageStatusRequest
  1 image ImageSpec
  2 verbose bool
ImageStatusResponse
  1 image Image
  2 info map<string,string>
PullImageRequest
  1 image ImageSpec
  2 auth AuthConfig
  3 sandbox_config PodSandboxConfig
AuthConfig
  1 username string
  2 password string
  3 auth string
  4 server_address string
  5 identity_token string
  6 registry_token string
PullImageResponse
  1 image_ref string
RemoveImageRequest
  1 image ImageSpec
RemoveImageResponse
StatusRequest
  1 verbose bool
StatusResponse
  1 status RuntimeStatus
  2 info map<string,string>
  3 runtime_handlers repeated RuntimeHandler
  4 features RuntimeFeatures
RuntimeStatus
  1 conditions repeated RuntimeCondition
RuntimeCondition
  1 type string
  2 status bool
  3 reason string
  4 message string
RuntimeHandler
  1 name string
  2 features RuntimeHandlerFeatures
RuntimeHandlerFeatures
  1 recursive_read_only_mounts bool
  2 user_namespaces bool
RuntimeFeatures
  1 supplemental_groups_policy bool
  2 user_namespaces_host_network bool
ContainerStatsRequest
  1 container_id string
ContainerStatsResponse
  1 stats ContainerStats
ContainerStats
  1 attributes ContainerAttributes
  2 cpu CpuUsage
  3 memory MemoryUsage
  4 writable_layer FilesystemUsage
  5 swap SwapUsage
  6 io IoUsage
ContainerAttributes
  1 id string
  2 metadata ContainerMetadata
  3 labels map<string,string>
  4 annotations map<string,string>
CpuUsage
  1 timestamp int64
  2 usage_core_nano_seconds UInt64Value
  3 usage_nano_cores UInt64Value
  4 psi PsiStats
UInt64Value
  1 value uint64
PsiStats
  1 Full PsiData
  2 Some PsiData
PsiData
  1 Total uint64
  2 Avg10 double
  3 Avg60 double
  4 Avg300 double
MemoryUsage
  1 timestamp int64
  2 working_set_bytes UInt64Value
  3 available_bytes UInt64Value
  4 usage_bytes UInt64Value
  5 rss_bytes UInt64Value
  6 page_faults UInt64Value
  7 major_page_faults UInt64Value
  8 psi PsiStats
FilesystemUsage
  1 timestamp int64
  2 fs_id FilesystemIdentifier
  3 used_bytes UInt64Value
  4 inodes_used UInt64Value
FilesystemIdentifier
  1 mountpoint string
SwapUsage
  1 timestamp int64
  2 swap_available_bytes UInt64Value
  3 swap_usage_bytes UInt64Value
IoUsage
  1 timestamp int64
  2 psi PsiStats
ListContainerStatsRequest
  1 filter ContainerStatsFilter
ContainerStatsFilter
  1 id string
  2 pod_sandbox_id string
  3 label_selector map<string,string>
ListContainerStatsResponse
  1 stats repeated ContainerStats
ImageFsInfoRequest
ImageFsInfoResponse
  1 image_filesystems repeated FilesystemUsage
  2 container_filesystems repeated FilesystemUsage
`;
