/**
 * The script with which a shell runs a command as if it were typed. First it closes descriptors that were inherited
 * through lastgood (cron's `flock -n 9` leaves one, and the app would keep that lock for ever), then it becomes the
 * command. The command is an argument: the script is never built from data.
 */
const script = 'exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-; exec sh -c "$1"'

/** Arguments of `sh` that run a command. */
export const shellArguments = (command: string): ReadonlyArray<string> => ["-c", script, "sh", command]
