/** The engine's `insecure-registries`: hosts (`nas.lan:5000`) and networks (`192.168.0.0/16`). Pure. */
import { BlockList, isIP } from "node:net"

const hostname = (authority: string): string => authority.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1")

const isInNetwork = (address: string, network: string): boolean => {
  const [base = "", length = ""] = network.split("/")
  const [family, own] = [isIP(base), isIP(address)]
  if (family === 0 || family !== own || !/^\d{1,3}$/.test(length) || Number(length) > (family === 4 ? 32 : 128)) {
    return false
  }
  const kind = family === 4 ? "ipv4" : "ipv6"
  const list = new BlockList()
  list.addSubnet(base, Number(length), kind)
  return list.check(address, kind)
}

/** The name of a host is not looked up, as the engine does: a network is for addresses that are written as such. */
export const isInsecure = (authority: string, entries: ReadonlyArray<string>): boolean =>
  entries.some((entry) => entry === authority || isInNetwork(hostname(authority), entry))
