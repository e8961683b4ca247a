/** The model of a project that lastgood deploys: what docker compose makes of its files, with lastgood's own changes. Pure. */
import type { Release } from "../../domain/App.ts"

/** The model to deploy: without builds, and without profiles, which compose has applied already. */
export const deployable = (model: unknown): unknown => {
  const services = propertyOf(model, "services")
  if (typeof model !== "object" || model === null || typeof services !== "object" || services === null) return model
  return {
    ...model,
    services: Object.fromEntries(
      Object.entries(services).map(([name, service]) => {
        const { build: _, develop: __, profiles: ___, ...rest } = service as Record<string, unknown>
        return [name, rest]
      })
    )
  }
}

/** Adds labels to the containers of every service, and pins images by digest. A `$` in a label would start a variable. */
export const labelled = (
  model: unknown,
  labels: Readonly<Record<string, string>>,
  images: NonNullable<Release["images"]> = {}
): unknown => {
  const services = propertyOf(model, "services")
  if (typeof model !== "object" || model === null || typeof services !== "object" || services === null) return model
  const escaped = Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, value.replaceAll("$", "$$$$")]))
  return {
    ...model,
    services: Object.fromEntries(
      Object.entries(services).map(([name, service]) => {
        const own = propertyOf(service, "labels")
        const pinned = images[name] === undefined ? {} : { image: images[name].image }
        return [name, { ...service, ...pinned, labels: { ...(typeof own === "object" ? own : {}), ...escaped } }]
      })
    )
  }
}

export const propertyOf = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined
