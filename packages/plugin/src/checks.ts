/**
 * Health checks for plugins, with types. They return checks as in `health.checks` of the configuration.
 *
 * @module
 */

/** What the code of a plugin may do with the app. */
export interface Inside {
  /** Runs a command in a service's container. Rejects if the service does not run. */
  readonly exec: (
    command: string,
    options?: { readonly service?: string }
  ) => Promise<{ readonly code: number; readonly output: string }>
  /** Aborted on timeout. The answer is ignored from then on. */
  readonly signal: AbortSignal
}

/** Healthy when it returns (a text is the evidence), unhealthy when it throws (the message is the reason). */
export type LookInside = (inside: Inside) => unknown

/** A check as in the configuration. */
export type CheckText =
  | { readonly http: string; readonly status?: number; readonly contains?: string; readonly timeout?: string }
  | { readonly tcp: string; readonly timeout?: string }
  | { readonly grpc: string; readonly service?: string; readonly tls?: boolean; readonly timeout?: string }
  | { readonly exec: string; readonly service?: string; readonly timeout?: string }
  | { readonly container: string | true; readonly timeout?: string }

/** A check that is code of the plugin. */
export interface CheckInside {
  readonly check: string
  readonly look: LookInside
  readonly timeout?: string
}

/** A health check of a plugin. */
export type PluginCheck = CheckText | CheckInside

/** How long one check may take: `500ms`, `20s`. Default: `5s`. */
export interface Timeout {
  readonly timeout?: string
}

/** A path of `https://<domain>`, or a URL. */
export type Target =
  | { readonly path: `/${string}`; readonly url?: never }
  | { readonly url: string; readonly path?: never }

/** The answer that is healthy. */
export interface Answer {
  /** Default: 200. Redirects are not followed. */
  readonly status?: number
  /** A text that the body must contain. */
  readonly contains?: string
}

/** Options of a gRPC check. */
export interface GrpcOptions {
  /** The gRPC service to check. Default: the whole server. */
  readonly service?: string
  /** Whether the server speaks TLS; its certificate is verified. Default: false. */
  readonly tls?: boolean
}

/** Requests a page. */
export const http = ({ path, url, ...rest }: Target & Answer & Timeout): CheckText => ({
  http: path ?? url ?? "",
  ...rest
})

/** Connects to an address: `host:port`, `[ipv6]:port`. */
export const tcp = (address: string, options: Timeout = {}): CheckText => ({ tcp: address, ...options })

/** Calls the standard gRPC health service at an address: `host:port`, `[ipv6]:port`. SERVING is healthy. */
export const grpc = (address: string, options: Timeout & GrpcOptions = {}): CheckText => ({ grpc: address, ...options })

/** Runs a command in the container of a service; exit code 0 is healthy. */
export const exec = (command: string, options: Timeout & { readonly service?: string } = {}): CheckText => ({
  exec: command,
  ...options
})

/** Runs code of the plugin. The log keeps what it throws, so it must not contain secrets. */
export const check = (name: string, look: LookInside, options: Timeout = {}): CheckInside => ({
  check: name,
  look,
  ...options
})

/** The HEALTHCHECK of one service's container, or of all. Weak evidence: an app that answers only 500 can pass it. */
export const container = (service: string | true = true, options: Timeout = {}): CheckText => ({
  container: service,
  ...options
})
