/** Listening ports of this host, in lastgood's own network namespace. */
import { commandOf, everyProcess, linkOf, namesIn, read } from "./Proc.ts"

export interface PortListener {
  readonly protocol: "tcp" | "udp"
  readonly port: number
  /** `127.0.0.1`; `*`: all addresses. An IPv6 address is as the kernel writes it. */
  readonly address: string
  /** For people: `pid 12 (nginx)`. */
  readonly who: string
  /** Id of the container that it runs in, if its cgroup tells. */
  readonly container: string | null
}

/** TCP sockets that listen, and UDP sockets that are bound. */
const states = { tcp: "0A", udp: "07" } as const

const socketsOf = (protocol: "tcp" | "udp") =>
  ["", "6"].flatMap((family) =>
    read(`/proc/net/${protocol}${family}`)
      .split("\n")
      .slice(1)
      .flatMap((line) => {
        const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/)
        const port = Number.parseInt(local.slice(local.lastIndexOf(":") + 1), 16)
        return state === states[protocol] && port > 0 ? [{ protocol, port, address: addressOf(local), inode }] : []
      })
  )

/** `0100007F:1F90` → `127.0.0.1`: four bytes, the last one first. Also for IPv4 addresses mapped to IPv6. */
const addressOf = (local: string): string => {
  const hex = local.slice(0, local.lastIndexOf(":"))
  if (/^0+$/.test(hex)) return "*"
  if (hex.length !== 8 && !hex.startsWith("0000000000000000FFFF0000")) return hex
  return (hex.slice(-8).match(/../g) ?? [])
    .toReversed()
    .map((byte) => Number.parseInt(byte, 16))
    .join(".")
}

/** The listeners on any of the ports. Throws when `/proc` cannot be read. */
export const listenersOn = (wanted: ReadonlySet<number>): ReadonlyArray<PortListener> => {
  const sockets = [...socketsOf("tcp"), ...socketsOf("udp")].filter(({ port }) => wanted.has(port))
  if (sockets.length === 0) return []
  const links = new Set(sockets.map(({ inode }) => `socket:[${inode}]`))
  const owners = new Map<string, number>()
  everyProcess(({ pid }) => {
    for (const fd of namesIn(`/proc/${pid}/fd`)) {
      const link = linkOf(`/proc/${pid}/fd/${fd}`)
      if (link !== null && links.has(link) && !owners.has(link)) owners.set(link, pid)
    }
    return null
  })
  return sockets.map(({ protocol, port, address, inode }) => {
    const pid = owners.get(`socket:[${inode}]`)
    return {
      protocol,
      port,
      address,
      who: pid === undefined ? "another process" : `pid ${pid} (${commandOf(pid)})`,
      container: pid === undefined ? null : (/[0-9a-f]{64}/.exec(read(`/proc/${pid}/cgroup`))?.[0] ?? null)
    }
  })
}
