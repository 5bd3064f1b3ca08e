import { t } from '../i18n/pursuit';
import { toast } from '../lib/toast.svelte';

/** Puts a text on the clipboard and says so, or that it could not. */
export async function copied(text: string, said = t('copied')): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(said);
  } catch {
    toast(`${t('copyFailed')} ${text}`, 'warn');
  }
}
