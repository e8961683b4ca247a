/**
 * Ends the process of a plugin and everything that it started when lastgood ends, in whatever way: the descriptor is a pipe
 * that lastgood keeps open. It runs on a separate thread, because the plugin may never yield.
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
