"""Which admin the product has. Apart from it: this is read before there are models."""

from django.contrib.admin.apps import AdminConfig


class HallwayAdminConfig(AdminConfig):
    default_site = "hallway_server.admin.HallwayAdminSite"
