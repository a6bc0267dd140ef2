-- The login of the loaders. Their role is there before the migration, which gives it its rights.
CREATE ROLE cameleon_loader;
CREATE ROLE app_loader LOGIN PASSWORD 'local-only' IN ROLE cameleon_loader;
