/** Health checks for plugins, with types. What they return is what the configuration holds: `{ http: "/health", … }`. */
import type { CheckText } from "../config/CheckFile.ts"

interface Timeout {
  /** How long one look may take: `500ms`, `20s`. Default: `5s`. */
  readonly timeout?: string
}

type Target =
  /** A path of `https://<domain>`. */
  { readonly path: `/${string}`; readonly url?: never } | { readonly url: string; readonly path?: never }

interface Answer {
  /** The status that is healthy. Default: 200. Redirects are not followed. */
  readonly status?: number
  /** What the body must contain. */
  readonly contains?: string
}

export const http = ({ path, url, ...rest }: Target & Answer & Timeout): CheckText => ({
  http: path ?? url ?? "",
  ...rest
})

/** @param address `host:port`, `[ipv6]:port`. */
export const tcp = (address: string, options: Timeout = {}): CheckText => ({ tcp: address, ...options })

/** Runs a command in the container of a service; exit code 0 is healthy. */
export const exec = (command: string, options: Timeout & { readonly service?: string } = {}): CheckText => ({
  exec: command,
  ...options
})

/** The HEALTHCHECK of one service's container, or of all. Weak: it has been seen green while an app answered only 500. */
export const container = (service: string | true = true, options: Timeout = {}): CheckText => ({
  container: service,
  ...options
})
