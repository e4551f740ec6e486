-- The organisation's own address, and no person's: where the rest may not cross a border, it may.
ALTER TABLE vault.contacts ADD COLUMN office_email text;
