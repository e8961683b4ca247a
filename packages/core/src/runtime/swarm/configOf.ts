/**
 * What of a service's spec was asked for by a release or by somebody's hand: nothing that the swarm, or a mere restart,
 * changes by itself. Pure.
 */
import { commitLabel, versionLabel } from "../docker/labels.ts"
import type { Service } from "../docker/stack/Services.ts"

/**
 * @param networks names by id: a network gets a new id when the stack is brought up again.
 */
export const configOf = ({ Spec }: Service, networks: ReadonlyMap<string, string>): unknown => {
  // A restart by hand (`--force`), and what a registry said of the image's platforms, ask for nothing else.
  const { ForceUpdate: _, ContainerSpec, Placement, Networks, ...task } = Spec.TaskTemplate
  return {
    ...Spec,
    // Kept as it is: an empty `Global` says something.
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

/** Labels that are not lastgood's own: those are looked at for what they say. */
const foreign = (labels: Readonly<Record<string, string>> | null | undefined) =>
  Object.fromEntries(Object.entries(labels ?? {}).filter(([name]) => name !== versionLabel && name !== commitLabel))

/** A secret or config that was made again is known by its name. */
const without = (list: unknown, id: string): unknown =>
  Array.isArray(list) ? list.map((one) => (isRecord(one) ? { ...one, [id]: null } : one)) : list
