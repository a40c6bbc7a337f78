const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** People's text as HTML that shows it and does nothing. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => names[sign] as string)
