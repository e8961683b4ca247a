/** Compose files of the tests. */
import { busyboxImage } from "./images.ts"

/** Ends at once on SIGTERM. */
export const idle = ["sh", "-c", "trap 'exit 0' TERM; echo started; while :; do sleep 0.1; done"]

export interface ServiceOptions {
  readonly command?: ReadonlyArray<string>
  readonly image?: string
  readonly volumes?: ReadonlyArray<unknown>
  readonly environment?: Readonly<Record<string, string>>
  readonly deploy?: Readonly<Record<string, unknown>>
  readonly [key: string]: unknown
}

/** A compose file as JSON, which is YAML. No ingress network and no virtual addresses: small kernels lack IPVS. */
export const compose = (
  services: Readonly<Record<string, ServiceOptions>>,
  top: Readonly<Record<string, unknown>> = {}
) => ({
  "compose.yml": JSON.stringify({
    version: "3.8",
    services: Object.fromEntries(
      Object.entries(services).map(([name, { deploy, command = idle, ...service }]) => [
        name,
        {
          image: busyboxImage,
          command: command.map((word) => word.replaceAll("$", "$$$$")),
          stop_grace_period: "20s",
          ...service,
          deploy: { endpoint_mode: "dnsrr", ...deploy }
        }
      ])
    ),
    ...top
  })
})
