-- The target table as it was given, its spelling included; one that exists is kept as it is.
CREATE TABLE IF NOT EXISTS public.user_logins (
  user_id         varchar(128),
  device_type     varchar(32),
  masked_ip       varchar(256),
  maked_device_id varchar(256),
  locale          varchar(32),
  app_version     integer,
  create_date     date
);
