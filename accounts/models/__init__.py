"""Remember customers, what they agreed to and what still has to be told to them."""

from .authenticator import AuthenticatorApp, RecoveryCode
from .consent import ConsentRecord
from .customer import Customer, Kind, ReviewState
from .data import DataChange, DataRequest
from .email_change import EmailChange
from .event import AccountEvent
from .export import ExportFile
from .hold import Hold
from .limit import Counter
from .nightly import NightlyFact
from .outbox import OutboxMessage
from .passkey import Passkey
from .proposal import ContactProposal
from .register import RegisterCheck
from .risk import HighRiskCountry
from .session import AccountSession
from .staff import AccountProposal, SavedView, StaffEvent, StaffMember, StaffNote
from .statistics import DailyCount, SupportCode
from .survey import Source, SurveyAnswer
from .user import User
from .words import CustomerWord

__all__ = [
    "AccountEvent",
    "AccountProposal",
    "AccountSession",
    "AuthenticatorApp",
    "ConsentRecord",
    "ContactProposal",
    "Counter",
    "Customer",
    "CustomerWord",
    "DailyCount",
    "DataChange",
    "DataRequest",
    "EmailChange",
    "ExportFile",
    "HighRiskCountry",
    "Hold",
    "Kind",
    "NightlyFact",
    "OutboxMessage",
    "Passkey",
    "RecoveryCode",
    "RegisterCheck",
    "ReviewState",
    "SavedView",
    "Source",
    "StaffEvent",
    "StaffMember",
    "StaffNote",
    "SupportCode",
    "SurveyAnswer",
    "User",
]
