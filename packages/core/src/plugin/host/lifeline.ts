/**
 * Ends the process of a plugin, and all that it started, when lastgood ends, however that ended: the descriptor is a pipe
 * that lastgood holds open. On a thread of its own, since the plugin may never yield.
 */
import { Socket } from "node:net"
import { lifelineFd } from "./descriptors.ts"

const end = () => {
  try {
    process.kill(-process.pid, "SIGKILL")
  } catch {
    process.kill(process.pid, "SIGKILL")
  }
}

new Socket({ fd: lifelineFd, readable: true, writable: false })
  .on("error", end)
  .on("end", end)
  .on("close", end)
  .resume()
