-- Readable names over the given table.
CREATE VIEW cameleon.logins AS
SELECT user_id, device_type, masked_ip, maked_device_id AS masked_device_id, locale, app_version,
       create_date
  FROM public.user_logins;

CREATE VIEW cameleon.duplicate_ips AS
SELECT masked_ip, count(*) AS logins, min(create_date) AS first_day, max(create_date) AS last_day
  FROM public.user_logins
 WHERE masked_ip IS NOT NULL
 GROUP BY masked_ip
HAVING count(*) > 1;

CREATE VIEW cameleon.duplicate_devices AS
SELECT maked_device_id AS masked_device_id, count(*) AS logins, min(create_date) AS first_day,
       max(create_date) AS last_day
  FROM public.user_logins
 WHERE maked_device_id IS NOT NULL
 GROUP BY maked_device_id
HAVING count(*) > 1;
