/**
 * The part of a service's spec that a release or a manual change requested, without anything that the swarm or a
 * restart changes. Pure.
 */
import { commitLabel, versionLabel } from "../docker/labels.ts"
import type { Service } from "../docker/stack/Services.ts"

/** @param networks names by id: a network gets a new id when the stack is deployed again. */
export const configOf = ({ Spec }: Service, networks: ReadonlyMap<string, string>): unknown => {
  // A manual restart (`--force`) and the image's platforms from the registry do not change the configuration.
  const { ForceUpdate: _, ContainerSpec, Placement, Networks, ...task } = Spec.TaskTemplate
  return {
    ...Spec,
    // Kept as it is: an empty `Global` has a meaning.
    Mode: JSON.stringify(Spec.Mode),
    Labels: foreign(Spec.Labels),
    TaskTemplate: {
      ...task,
      ContainerSpec: {
        ...ContainerSpec,
        Labels: foreign(ContainerSpec?.Labels),
        Secrets: without(ContainerSpec?.["Secrets"], "SecretID"),
        Configs: without(ContainerSpec?.["Configs"], "ConfigID")
      },
      Placement: isRecord(Placement) ? { ...Placement, Platforms: null } : null,
      Networks: Array.isArray(Networks)
        ? Networks.map((network) => (isRecord(network) ? named(network, networks) : network))
        : null
    }
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === "object" && !Array.isArray(value)

const named = (network: Readonly<Record<string, unknown>>, names: ReadonlyMap<string, string>) => {
  const target = String(network["Target"])
  return { ...network, Target: names.get(target) ?? target }
}

/** Labels except lastgood's own, which are compared separately. */
const foreign = (labels: Readonly<Record<string, string>> | null | undefined) =>
  Object.fromEntries(Object.entries(labels ?? {}).filter(([name]) => name !== versionLabel && name !== commitLabel))

/** A secret or config is identified by its name, since its id changes when it is created again. */
const without = (list: unknown, id: string): unknown =>
  Array.isArray(list) ? list.map((one) => (isRecord(one) ? { ...one, [id]: null } : one)) : list
