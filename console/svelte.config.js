/** Styles leave as files (the content security policy forbids injected ones); runes everywhere. */
export default { compilerOptions: { runes: true, css: 'external' } };
