/** Something that a section needs is not on this machine, and was not to be installed: the section is skipped, with this as the reason. */
export class NotInstalled extends Error {}
