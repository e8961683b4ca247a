/** The one thing that the daemon asks of the host itself. */
import { uptime } from "node:os"

const bootSeconds = 10 * 60

/** Apps of the local runtime went down with the host, which is no fault of theirs. */
export const hasJustStarted = (): boolean => uptime() < bootSeconds
