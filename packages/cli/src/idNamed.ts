/** Whether a name on the command line means an id: the whole, the beginning or the end of it. Pure. */

/** An empty name, as of a variable that is not set, means nothing: it must not choose what is removed. */
export const isNamed = (id: string, name: string): boolean => name !== "" && (id.startsWith(name) || id.endsWith(name))
