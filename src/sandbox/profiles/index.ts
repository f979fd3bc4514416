/** The profiles by name. */
import { azure } from './azure.js';
import { beta } from './beta.js';
import { hf } from './hf.js';
import { localai } from './localai.js';
import { gaRules } from './profile.js';
import type { Profile, ProfileName } from './profile.js';
import { speaches } from './speaches.js';
import { xai } from './xai.js';

const ga: Profile = { name: 'ga', ...gaRules, phone: true };

/** All servers that the sandbox can imitate. */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = { ga, beta, localai, speaches, xai, azure, hf };

/** The profile names, for messages and flags. */
export const PROFILE_NAMES = Object.keys(PROFILES) as ProfileName[];

/** Whether a string is a profile name. */
export const isProfileName = (name: string): name is ProfileName => Object.hasOwn(PROFILES, name);
