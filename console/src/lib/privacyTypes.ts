/** The privacy officer's day (docs/api.md, Privacy). */
import type { LedgerStatus, Obligation, Words } from './types';

export type PrivacyDay = {
  date: string;
  counts: {
    views: number;
    without_grant: number;
    to_review: number;
    break_glass: number;
    denied: number;
    downloads: number;
    audio: number;
  };
  lanes: {
    agency: string;
    name: string | Words;
    views: { id: string; from: string; to: string | null; incident: string | null; kind: string | null; clause: string | null; seconds: number }[];
  }[];
  clauses: {
    agreement: string;
    clause: string;
    basis: string;
    text: string;
    allowed: number;
    denied: number;
    seconds: number;
  }[];
  reviews: { id: string; code: string; text: string; at: string; who: string | null; evidence: unknown }[];
  obligations: Obligation[];
  ledger: LedgerStatus;
};
