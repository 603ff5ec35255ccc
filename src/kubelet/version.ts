/** The version that this kubelet reports: upstream's, whose behaviour it follows. */
export const kubeletVersion = "v1.36.4";
