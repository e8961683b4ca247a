/** Whether the host has just started. */
import { uptime } from "node:os"

const bootSeconds = 10 * 60

/** Apps of the local runtime went down with the host, which is not their fault. */
export const hasJustStarted = (): boolean => uptime() < bootSeconds
