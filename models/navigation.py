"""Navigation: menus, the tree that editors work on, and what was published of it.

No two writers can leave a node under itself or two nodes in one place, whatever they do at once:
decision 0023 says by which constraints. A published version is a snapshot that never changes.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from infrastructure.database import Base
from models.columns import Id, Now, String


class Menu(Base):
    """A menu by its name, as templates and sibling apps ask for it.

    `version` counts the changes of its tree: whoever changes something says which one they saw.
    `before` is the tree as it was before the last change, for undoing it. `published_number` says
    which version readers see; null: Ghost's navigation. So it is while it `follows_ghost`.
    """

    __tablename__ = "menus"

    id: Mapped[Id]
    name: Mapped[String] = mapped_column(Text, unique=True)
    title: Mapped[String]
    version: Mapped[int] = mapped_column(server_default="1")
    follows_ghost: Mapped[bool] = mapped_column(server_default="false")
    published_number: Mapped[int | None]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    updated_at: Mapped[Now]

    __table_args__ = (
        CheckConstraint("name ~ '^[a-z][a-z0-9-]{0,39}$'", name="name_is_a_name"),
        ForeignKeyConstraint(
            ["id", "published_number"],
            ["menu_versions.menu_id", "menu_versions.number"],
            name="fk_menus_published_number",
            use_alter=True,
            deferrable=True,
            initially="DEFERRED",
        ),
    )


class MenuNode(Base):
    """One entry of a menu's tree, as editors left it.

    What it leads to: `target_id` is a post's, page's or tag's (without a foreign key: what is gone
    is shown to the editor as gone), `address` an URL's, or a path of the sibling app `app`. Without
    a `label` it is called what its target is called; `title` is what that was when it was chosen.

    A node's depth is one more than its parent's, which the foreign key holds it to: a node under
    itself would have to be deeper than itself.
    """

    __tablename__ = "menu_nodes"

    id: Mapped[Id]
    menu_id: Mapped[int] = mapped_column(ForeignKey("menus.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(BigInteger)
    depth: Mapped[int]
    parent_depth: Mapped[int] = mapped_column(Computed("depth - 1", persisted=True))
    position: Mapped[int]
    kind: Mapped[String]
    target_id: Mapped[int | None] = mapped_column(BigInteger)
    app: Mapped[String | None]
    address: Mapped[String | None]
    label: Mapped[String | None]
    title: Mapped[String] = mapped_column(Text, server_default="")
    icon: Mapped[String | None]
    audience: Mapped[String] = mapped_column(Text, server_default="everyone")
    new_tab: Mapped[bool] = mapped_column(server_default="false")

    __table_args__ = (
        UniqueConstraint("menu_id", "id", "depth", name="uq_menu_nodes_depth"),
        UniqueConstraint(
            "menu_id",
            "parent_id",
            "position",
            name="uq_menu_nodes_place",
            deferrable=True,
            initially="DEFERRED",
            postgresql_nulls_not_distinct=True,
        ),
        ForeignKeyConstraint(
            ["menu_id", "parent_id", "parent_depth"],
            ["menu_nodes.menu_id", "menu_nodes.id", "menu_nodes.depth"],
            name="fk_menu_nodes_parent",
            deferrable=True,
            initially="DEFERRED",
        ),
        CheckConstraint("(parent_id IS NULL) = (depth = 1)", name="root_has_no_parent"),
        CheckConstraint("depth BETWEEN 1 AND 32", name="depth_has_an_end"),
        CheckConstraint("position >= 0", name="position_is_a_place"),
        CheckConstraint(
            "CASE kind WHEN 'page' THEN target_id IS NOT NULL"
            " WHEN 'post' THEN target_id IS NOT NULL"
            " WHEN 'tag' THEN target_id IS NOT NULL WHEN 'app' THEN app IS NOT NULL"
            " WHEN 'url' THEN address IS NOT NULL AND label IS NOT NULL"
            " WHEN 'heading' THEN label IS NOT NULL ELSE false END",
            name="leads_somewhere",
        ),
        CheckConstraint(
            "audience IN ('everyone', 'reader', 'member', 'contributor', 'author', 'editor',"
            " 'administrator', 'owner')",
            name="audience_is_known",
        ),
    )


class MenuVersion(Base):
    """A menu as it was published: `nodes` are its entries from top to bottom, parents first.

    A trigger refuses every change of a row; a menu that is deleted takes its versions along.
    """

    __tablename__ = "menu_versions"

    menu_id: Mapped[int] = mapped_column(
        ForeignKey("menus.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    nodes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    published_at: Mapped[Now]
    published_by: Mapped[String]
    note: Mapped[String] = mapped_column(Text, server_default="")


class MenuTarget(Base):
    """A post or tag that a published menu leads to: when it changes, so does the menu."""

    __tablename__ = "menu_targets"

    id: Mapped[Id]
    menu_id: Mapped[int] = mapped_column(ForeignKey("menus.id", ondelete="CASCADE"), index=True)
    post_id: Mapped[int | None] = mapped_column(BigInteger)
    tag_id: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        CheckConstraint("num_nonnulls(post_id, tag_id) = 1", name="is_one_target"),
        Index("ix_menu_targets_post", "post_id"),
        Index("ix_menu_targets_tag", "tag_id"),
    )
