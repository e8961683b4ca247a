/** Descriptors besides the standard three, so that a plugin's output never gets into the channel. */
export const channelFd = 3
export const lifelineFd = 4
