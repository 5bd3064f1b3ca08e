/** The incident of the pursuit on the screen, for the shell around it: its drill frame follows what the person looks at. */
class Pursued {
  incident: { drill: boolean } | undefined = $state.raw(undefined);
}
export const pursued = new Pursued();
