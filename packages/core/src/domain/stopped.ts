/** An app that an operator took down on purpose. Pure. */

/** When it was stopped, ISO 8601, and who it was. */
export interface Stopped {
  readonly since: string
  readonly by: string
}

export const stoppedText = ({ by, since }: Stopped): string => `stopped by ${by} at ${since}`
