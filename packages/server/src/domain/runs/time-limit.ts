/** Why a run ends whose time is over. */
export const timeLimitReason = (minutes: number) =>
  `Workflow run exceeded max elapsed runtime limit of ${minutes} minutes.`;
