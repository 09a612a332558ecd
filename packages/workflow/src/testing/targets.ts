import type { StorageTarget, TargetsCapability, Upload } from '../capabilities/targets.ts';

/** What a fake target was sent. */
export interface SentUpload {
  readonly target: StorageTarget;
  readonly folder: string;
  readonly upload: Upload;
}

/** Targets that keep what they are sent, and answer `kind://folder/name`. */
export function fakeTargets(
  upload?: TargetsCapability['upload'],
): TargetsCapability & { readonly sent: readonly SentUpload[] } {
  const sent: SentUpload[] = [];
  return {
    sent,
    async upload(target, folder, uploads) {
      sent.push(...uploads.map((one) => ({ target, folder, upload: one })));
      if (upload !== undefined) {
        return await upload(target, folder, uploads);
      }
      return uploads.map(({ name, identity }) => `${target.kind}://${folder}/${name ?? identity}`);
    },
  };
}
