/** Beside the three that every program has. What a plugin prints never gets into the channel. */
export const channelFd = 3
export const lifelineFd = 4
