/** What the host has that a cycle could leave behind: in Docker, in the kernel, in the descriptors of the engine. */
import { readdirSync, readFileSync } from "node:fs"
import { docker } from "../e2e/swarm/world.ts"

export interface Host {
  /** By kind, what of it there is: none of these may be there more than once before. */
  readonly names: Readonly<Record<string, ReadonlyArray<string>>>
  /** What has no names that last, and moves a little by itself. */
  readonly counts: Readonly<Record<string, number>>
}

const pidsOf = (name: string): ReadonlyArray<string> =>
  readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/comm`, "utf8").trim() === name
    } catch {
      return false
    }
  })

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

const descriptorsOf = (name: string): number =>
  pidsOf(name).reduce((sum, pid) => sum + namesIn(`/proc/${pid}/fd`).length, 0)

export const hostNow = async (): Promise<Host> => ({
  names: {
    containers: await docker("container", "ls", "--all", "--format", "{{.Names}}"),
    networks: await docker("network", "ls", "--format", "{{.Name}}"),
    volumes: await docker("volume", "ls", "--quiet"),
    services: await docker("service", "ls", "--format", "{{.Name}}"),
    configs: await docker("config", "ls", "--format", "{{.Name}}"),
    secrets: await docker("secret", "ls", "--format", "{{.Name}}")
  },
  counts: {
    "descriptors of dockerd": descriptorsOf("dockerd"),
    "descriptors of containerd": descriptorsOf("containerd"),
    "network interfaces": namesIn("/sys/class/net").length,
    mounts: readFileSync("/proc/self/mounts", "utf8").split("\n").length,
    "processes called containerd-shim": pidsOf("containerd-shim").length
  }
})

/** Tests of other processes may run beside this one: their names are theirs to clean up. */
const isOthers = (name: string): boolean => /^lg[a-z]*_\d+_/.test(name) && !name.startsWith(`lge_${process.pid}_`)

/** One of something in each second cycle would be a leak; the counts of a host in use are never quite the same. */
export const leaks = (before: Host, after: Host, cycles: number): ReadonlyArray<string> => [
  ...Object.entries(after.names).flatMap(([kind, names]) =>
    names.filter((name) => !before.names[kind]?.includes(name) && !isOthers(name)).map((name) => `${kind}: ${name}`)
  ),
  ...Object.entries(after.counts)
    .filter(([what, count]) => count - (before.counts[what] ?? 0) >= Math.max(5, cycles / 2))
    .map(([what, count]) => `${what}: ${before.counts[what]} before, ${count} after`)
]
