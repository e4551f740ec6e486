-- The notifier looks again at what it could not send when somebody's address may have come. The
-- announcement names nobody (design, I6).
CREATE FUNCTION vault.announce() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    PERFORM pg_notify('jisr_vault', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER announce AFTER INSERT OR UPDATE ON vault.contacts
    FOR EACH STATEMENT EXECUTE FUNCTION vault.announce();
